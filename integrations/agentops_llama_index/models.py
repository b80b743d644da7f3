"""Model calls: what was asked, what came back, and what it cost in tokens.

The span of a call that streams exits when its generator is handed out, before the first token. It is ended by the event
that the generator dispatches at its end, whichever end that is; and if it is never begun, by letting go of it.
"""

import weakref
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import asdict
from typing import Any, Final

from agentops import Recorder, Span, guard, guarded
from agentops.messages import Usage, message
from agentops.semconv import GenAI, Operation, SpanKind
from agentops.semconv import Span as Attr
from agentops_llama_index.content import message_of, messages_of, shown
from agentops_llama_index.entry import Entry
from agentops_llama_index.model_facts import finish_reason_of, model_name, request_facts, usage_in

__all__ = ["Models"]

_PROGRESS: Final = frozenset({"LLMChatInProgressEvent", "LLMCompletionInProgressEvent"})
_END: Final = frozenset({"LLMChatEndEvent", "LLMCompletionEndEvent"})


class _Call:
    """A call under way."""

    __slots__ = (
        "entry", "finish_reason", "has_inner", "is_streaming", "last", "question", "span", "usage", "waited_ns",
    )  # fmt: skip

    def __init__(self, span: Span, entry: Entry, question: Any) -> None:
        self.span = span
        self.entry = entry
        self.question = question
        self.is_streaming = False
        self.has_inner = False
        self.waited_ns = 0
        self.last: Any = None
        self.usage: Usage | None = None
        self.finish_reason: str | None = None

    def note(self, response: Any) -> None:
        """Take in an answer, or a piece of one: the last piece need not be the one with the tokens or the reason."""
        self.last = response
        if not response.delta:
            # What a provider says beside the words mostly comes without any, and words come by the hundred.
            self._note_facts(response)

    def _note_facts(self, response: Any) -> None:
        usage = usage_in(response)
        self.usage = _merged(self.usage, usage) if usage is not None else self.usage
        self.finish_reason = finish_reason_of(response) or self.finish_reason

    def facts(self) -> dict[str, Any]:
        """Return the attributes of the answer."""
        if self.last is not None and self.last.delta:
            self._note_facts(self.last)
        # Where the provider's own library is recorded too, it has counted already, and knows more of what a cache did.
        is_counted = GenAI.USAGE_INPUT_TOKENS in self.span.attributes
        return {
            **(self.usage.attributes() if self.usage is not None and not is_counted else {}),
            GenAI.RESPONSE_FINISH_REASONS: [self.finish_reason] if self.finish_reason else None,
            GenAI.RESPONSE_MODEL: _text(self.last, "model"),
            GenAI.RESPONSE_ID: _text(self.last, "id"),
            GenAI.REQUEST_STREAM: True if self.is_streaming else None,
            GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: self.waited_ns / 1e9 if self.waited_ns else None,
        }

    def output(self) -> Any:
        """Return what the model said."""
        return shown(self.span, self._said, self.last)

    def _said(self, response: Any) -> Any:
        if response is None:
            return None
        said = getattr(response, "message", None)
        if said is not None:
            return [message_of(said, self.finish_reason)]
        return [message("assistant", response.text, self.finish_reason)]


class Models:
    """Maps calls of models that chat or complete.

    Args:
        recorder: Records them.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._calls: dict[str, _Call] = {}

    def began(self, entry: Entry, around: Span | None) -> None:
        """Begin a call, or collapse it into the one of which it is a part."""
        given = dict(entry.arguments.get("kwargs") or {})
        question = _question(entry.arguments, given)
        if around is not None and around.kind == SpanKind.LLM and around.origin == self.recorder.origin:
            self.recorder.alias(entry.key, entry.parent_key)
            return
        outer = self._outer(entry, question)
        if outer is not None:
            self.recorder.alias(entry.key, outer)
            return
        facts = request_facts(entry.instance, given)
        if "complete" in entry.method:
            facts[GenAI.OPERATION_NAME] = Operation.TEXT_COMPLETION
        name = model_name(entry.instance)
        span = self.recorder.start(SpanKind.LLM, name, key=entry.key, parent=around, attributes=facts)
        if span is None:
            return
        self._calls[entry.key] = _Call(span, entry, question)
        if span.session.captures_content:
            span.set_input(shown(span, _asked, question))
            span.set_content(GenAI.TOOL_DEFINITIONS, given.get("tools") or None)

    def ended(self, key: str, result: Any) -> bool:
        """End a call, unless what it returned is a stream; False if it is none of ours."""
        call = self._calls.get(key)
        if call is None:
            return False
        if isinstance(result, (Generator, AsyncGenerator)):
            call.is_streaming = True
            weakref.finalize(result, self._let_go, key).atexit = False
        else:
            with guard("llama_index.models"):
                if result is not None:
                    call.note(result)
            self._end(key)
        return True

    def failed(self, key: str, error: BaseException | None) -> bool:
        """End a call with what it raised; False if it is none of ours."""
        if key not in self._calls:
            return False
        self._end(key, error)
        return True

    def is_open(self, key: str | None) -> bool:
        """Say whether this is a call under way."""
        return key in self._calls

    def happened(self, key: str, event: Any) -> None:
        """Take note of a piece of a stream, or of its end."""
        call = self._calls.get(key)
        if call is None or not call.is_streaming:
            return
        kind = type(event).__name__
        if kind in _PROGRESS:
            if not call.waited_ns and _says_something(event.response):
                call.waited_ns = call.span.session.now_ns() - call.span.start_ns
            call.note(event.response)
        elif kind in _END:
            self._end(key)
        elif kind == "ExceptionEvent":
            self._end(key, event.exception)

    def _outer(self, entry: Entry, question: Any) -> str | None:
        """Return the asynchronous stream that this call is the source of.

        A model that can only stream synchronously is asked when the first piece is fetched: LlamaIndex has left the
        span of the call by then, and would take the two for siblings.
        """
        for key, call in list(self._calls.items()):
            if (
                call.is_streaming
                and not call.has_inner
                and call.last is None
                and call.entry.instance is entry.instance
                and call.question is question
                and call.entry.method == f"a{entry.method}"
            ):
                call.has_inner = True
                return key
        return None

    @guarded
    def _let_go(self, key: str) -> None:
        """End a stream that nobody can read any more."""
        if key in self._calls:
            self._end(key, closed_early=True)

    def _end(self, key: str, error: BaseException | None = None, *, closed_early: bool = False) -> None:
        call = self._calls.pop(key, None)
        if call is None:
            return
        facts: dict[str, Any] = {}
        with guard("llama_index.models"):
            facts = call.facts()
        if closed_early or isinstance(error, GeneratorExit):
            facts[Attr.CLOSED_EARLY] = True
            error = None
        self.recorder.end(key, output=call.output(), error=error, attributes=facts)


def _question(arguments: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Return the messages or the prompt, by whatever name they were handed over."""
    for name in ("messages", "prompt"):
        if name in arguments or name in given:
            return arguments.get(name, given.get(name))
    positional = arguments.get("args") or ()
    return positional[0] if positional else None


def _asked(question: Any) -> Any:
    return [message("user", question)] if isinstance(question, str) else messages_of(question or ())


def _says_something(piece: Any) -> bool:
    """Say whether a piece of a stream has content; the first often names the role alone."""
    if piece.delta:
        return True
    said = getattr(piece, "message", None)
    return said is not None and any(part["type"] != "text" for part in message_of(said)["parts"])


def _merged(before: Usage | None, now: Usage) -> Usage:
    """Return what is known of the tokens when a further piece of a stream has reported some."""
    if before is None:
        return now
    return Usage(**{name: getattr(before, name) if value is None else value for name, value in asdict(now).items()})


def _text(response: Any, name: str) -> str | None:
    raw = getattr(response, "raw", None)
    found = raw.get(name) if isinstance(raw, dict) else getattr(raw, name, None)
    return found if isinstance(found, str) and found else None
