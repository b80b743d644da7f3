"""Switching the integration on and off: what litellm's public functions call inside.

They are decorated functions, which most programs import by name: what is replaced is the inner one. It is called once
for each attempt, after litellm's cache has been asked, in the caller's own context; litellm's callbacks come later, in
other threads, and not at all for a stream that is left early.
"""

import functools
from collections.abc import Callable
from typing import Any, Final

from litellm import main
from litellm.responses import main as responses_main

from agentops import ModelCall, Recorder, guard
from agentops.patches import Patches
from agentops.stainless import Answer
from agentops_litellm.functions import COMPLETION, EMBEDDING, RESPONSE, Function
from agentops_litellm.streams import watch_stream

__all__ = ["install"]

_FUNCTIONS: Final[list[tuple[Any, Any, Function]]] = [
    (main.completion, main.acompletion, COMPLETION),
    (main.embedding, main.aembedding, EMBEDDING),
    (responses_main.responses, responses_main.aresponses, RESPONSE),
]


def install(recorder: Recorder) -> Callable[[], None]:
    """Record litellm's functions that ask a model; routers, proxies and frameworks call them too."""
    patches = Patches()
    for function, async_function, kind in _FUNCTIONS:
        patches.replace_inside(
            function, "original_function", functools.partial(_recorded, patches=patches, recorder=recorder, kind=kind)
        )
        patches.replace_inside(
            async_function,
            "original_function",
            functools.partial(_recorded_async, patches=patches, recorder=recorder, kind=kind),
        )
    return patches.undo


def _begin(
    patches: Patches, recorder: Recorder, kind: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[ModelCall, Answer] | None:
    with guard("litellm request"):
        if patches.is_active and not kwargs.get(kind.async_mark):
            asked = kind.read(args, kwargs)
            call = recorder.model_call(asked.model, kind=kind.kind, input=asked.input, attributes=asked.attributes)
            return (call, kind.answer()) if call is not None else None
    return None


def _recorded(original: Any, patches: Patches, recorder: Recorder, kind: Function) -> Any:
    @functools.wraps(original)
    def ask(*args: Any, **kwargs: Any) -> Any:
        begun = _begin(patches, recorder, kind, args, kwargs)
        if begun is None:
            return original(*args, **kwargs)
        call, answer = begun
        try:
            with call:
                result = original(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        _take(patches, call, answer, result, kind)
        return result

    return ask


def _recorded_async(original: Any, patches: Patches, recorder: Recorder, kind: Function) -> Any:
    @functools.wraps(original)
    async def ask(*args: Any, **kwargs: Any) -> Any:
        begun = _begin(patches, recorder, kind, args, kwargs)
        if begun is None:
            return await original(*args, **kwargs)
        call, answer = begun
        try:
            with call:
                result = await original(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        _take(patches, call, answer, result, kind)
        return result

    return ask


def _take(patches: Patches, call: ModelCall, answer: Answer, result: Any, kind: Function) -> None:
    """End the call with its answer, or see to it that the stream will."""
    with guard("litellm answer"):
        if watch_stream(patches, call, answer, result):
            return
        answer.whole(result)
        call.finish(output=answer.output, attributes={**kind.served_by(result), **answer.attributes})
