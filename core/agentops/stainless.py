"""Recording through client libraries that the Stainless generator has made: openai, anthropic, groq and others.

They are alike inside: resources with a ``create`` that returns an answer or a ``Stream``, raw responses with ``parse``,
and a header that says how often a request was sent before. What they return is given on unchanged.
"""

import copy
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from agentops.patches import Patches
from agentops.sdk.guard import guard, guarded
from agentops.sdk.model_call import RUNNING, ModelCall
from agentops.sdk.recorder import Recorder
from agentops.semconv import SpanKind
from agentops.streams import WatchedAsyncIterator, WatchedIterator

__all__ = ["Answer", "Asked", "ClientCalls", "Endpoint"]

_RETRIES: Final = "x-stainless-retry-count"


class Answer(Protocol):
    """Takes in what comes back: whole, or piece by piece."""

    @property
    def output(self) -> object:
        """What the model said, as far as it is known."""

    @property
    def attributes(self) -> dict[str, Any]:
        """Model, id, finish reasons and usage, as far as they are known."""

    def whole(self, answer: Any) -> None:
        """Take in an answer that came at once."""

    def piece(self, event: Any) -> bool:
        """Take in one event of a stream; True once the model has begun to say something."""


@dataclass(slots=True)
class Asked:
    """What a request asks."""

    model: str
    input: object = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: how its requests read, given a method's arguments and the client, and who reads its answers."""

    read: Callable[[dict[str, Any], Any], Asked]
    answer: Callable[[], Answer]
    kind: str = SpanKind.LLM


class ClientCalls:
    """Wraps the methods of one library that ask a model; clients which exist already are recorded too.

    Args:
        recorder: The integration's.
        patches: Undoes all of it.
    """

    def __init__(self, recorder: Recorder, patches: Patches) -> None:
        self.recorder = recorder
        self.patches = patches

    def record(self, sync: Any, asynchronous: Any, method: str, endpoint: Endpoint) -> None:
        """Record the calls of a method of two resource classes."""
        self.patches.replace(sync, method, lambda original: self._asking(original, endpoint))
        self.patches.replace(asynchronous, method, lambda original: self._asking_async(original, endpoint))

    def record_posts(self, sync: Any, asynchronous: Any, method: str, endpoint: Endpoint) -> None:
        """Record what a method posts later: one that returns a manager, which sends when it is entered."""
        self.patches.replace(sync, method, lambda original: self._through_posts(original, endpoint, self._asking))
        self.patches.replace(
            asynchronous, method, lambda original: self._through_posts(original, endpoint, self._asking_async)
        )

    def count_retries(self, sync: Any, asynchronous: Any) -> None:
        """Note on the running call how often its request was sent again. Given the classes of the two clients."""
        self.patches.replace(sync, "_prepare_request", self._counting)
        self.patches.replace(asynchronous, "_prepare_request", self._counting_async)

    @guarded
    def _begin(self, endpoint: Endpoint, resource: Any, arguments: dict[str, Any]) -> tuple[ModelCall, Answer] | None:
        asked = endpoint.read(arguments, getattr(resource, "_client", None))
        call = self.recorder.model_call(asked.model, kind=endpoint.kind, input=asked.input, attributes=asked.attributes)
        return (call, endpoint.answer()) if call is not None else None

    def _asking(self, original: Any, endpoint: Endpoint) -> Any:
        @functools.wraps(original)
        def ask(self_: Any, *args: Any, **kwargs: Any) -> Any:
            begun = self._begin(endpoint, self_, kwargs) if self.patches.is_active else None
            if begun is None:
                return original(self_, *args, **kwargs)
            call, answer = begun
            try:
                with call:
                    result = original(self_, *args, **kwargs)
            except BaseException as error:
                call.fail(error)
                raise
            with guard("answer of a model"):
                _watch(call, answer, result.parse() if _has_been_read(result) else result)
            return result

        return ask

    def _asking_async(self, original: Any, endpoint: Endpoint) -> Any:
        @functools.wraps(original)
        async def ask(self_: Any, *args: Any, **kwargs: Any) -> Any:
            begun = self._begin(endpoint, self_, kwargs) if self.patches.is_active else None
            if begun is None:
                return await original(self_, *args, **kwargs)
            call, answer = begun
            try:
                with call:
                    result = await original(self_, *args, **kwargs)
            except BaseException as error:
                call.fail(error)
                raise
            with guard("answer of a model"):
                parsed = result.parse() if _has_been_read(result) else result
                _watch(call, answer, await parsed if inspect.iscoroutine(parsed) else parsed)
            return result

        return ask

    def _through_posts(self, original: Any, endpoint: Endpoint, asking: Callable[[Any, Endpoint], Any]) -> Any:
        @functools.wraps(original)
        def begin(self_: Any, *args: Any, **kwargs: Any) -> Any:
            resource = self_
            if self.patches.is_active:
                with guard("request of a model"):
                    resource = copy.copy(self_)
                    resource._post = _posting(self_, asking, endpoint)
            return original(resource, *args, **kwargs)

        return begin

    def _note_attempt(self, request: Any) -> None:
        with guard("retries of a request"):
            call = RUNNING.get() if self.patches.is_active else None
            count = request.headers.get(_RETRIES) if call is not None else None
            if call is not None and count is not None:
                call.retried(int(count))

    def _counting(self, original: Any) -> Any:
        @functools.wraps(original)
        def prepare(self_: Any, request: Any) -> Any:
            self._note_attempt(request)
            return original(self_, request)

        return prepare

    def _counting_async(self, original: Any) -> Any:
        @functools.wraps(original)
        async def prepare(self_: Any, request: Any) -> Any:
            self._note_attempt(request)
            return await original(self_, request)

        return prepare


def _posting(resource: Any, asking: Callable[[Any, Endpoint], Any], endpoint: Endpoint) -> Any:
    """Return a stand-in for a resource's ``_post`` which records it; the request's body are its arguments."""
    posted: dict[str, Any] = {}

    def send(_: Any, **body: Any) -> Any:
        return resource._post(*posted["args"], **posted["kwargs"])

    async def send_async(_: Any, **body: Any) -> Any:
        return await resource._post(*posted["args"], **posted["kwargs"])

    ask = asking(send_async if inspect.iscoroutinefunction(resource._post) else send, endpoint)

    def post(*args: Any, **kwargs: Any) -> Any:
        posted.update(args=args, kwargs=kwargs)
        return ask(resource, **kwargs.get("body", {}))

    return post


def _has_been_read(result: Any) -> bool:
    """Whether this is a raw response whose body is here: it parses once and remembers, so its reader gets the same."""
    response = getattr(result, "http_response", None)
    return response is not None and bool(response.is_closed) and hasattr(result, "parse")


def _watch(call: ModelCall, answer: Answer, result: Any) -> None:
    """End the call with its answer, or see to it that what comes later will."""
    stream = _stream_in(result)
    if hasattr(result, "http_response"):
        _watch_unread(call, answer, result)
    elif stream is not None:
        _watch_stream(call, answer, stream)
    else:
        answer.whole(result)
        call.finish(output=answer.output, attributes=answer.attributes)


def _stream_in(result: Any) -> Any:
    """Return the library's stream, also where another instrumentation has put a proxy around it; None if it is none."""
    while not hasattr(type(result), "__stream__"):
        result = getattr(result, "__wrapped__", None)
        if result is None:
            return None
    return result


def _watch_unread(call: ModelCall, answer: Answer, response: Any) -> None:
    """Watch a raw response whose body the program reads itself: as an object or a stream, or as bytes."""
    is_read = False

    def parsed(result: Any) -> None:
        nonlocal is_read
        if not is_read:
            is_read = True
            _watch(call, answer, result)

    def closed(_: Any) -> None:
        nonlocal is_read
        if not is_read:
            is_read = True
            call.finish()

    _after(response, "parse", parsed)
    if hasattr(response, "close"):
        _after(response, "close", closed)


def _watch_stream(call: ModelCall, answer: Answer, stream: Any) -> None:
    def on_item(event: Any) -> None:
        if answer.piece(event):
            call.first_chunk()
            call.so_far(answer)

    def on_end(error: BaseException | None, closed_early: bool) -> None:
        if error is not None:
            call.fail(error, output=answer.output, attributes=answer.attributes)
        else:
            call.finish(output=answer.output, attributes=answer.attributes, closed_early=closed_early)

    is_async = hasattr(type(stream), "__aiter__")
    watched: Any = (WatchedAsyncIterator if is_async else WatchedIterator)(stream._iterator, on_item, on_end)
    stream._iterator = watched
    # A closed stream is over, whether or not somebody goes on to read it.
    _after(stream, "close", lambda _: watched.closed())


def _after(owner: Any, name: str, then: Callable[[Any], None]) -> None:
    """Call ``then`` with what one object's method returns, once it has returned."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        with guard("answer of a model"):
            then(result)
        return result

    @functools.wraps(original)
    async def async_method(*args: Any, **kwargs: Any) -> Any:
        result = await original(*args, **kwargs)
        with guard("answer of a model"):
            then(result)
        return result

    setattr(owner, name, async_method if inspect.iscoroutinefunction(original) else method)
