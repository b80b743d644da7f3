"""Model calls as a provider's library makes them: each is one span, whoever saw it first.

A framework that calls a model through a provider's library has opened a span for the call already. What the library
knows better (retries, time to the first token, what the framework left out) is then added to that span, and no second
one is opened: tokens would count twice.
"""

import threading
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol

from agentops.sdk.guard import guarded
from agentops.sdk.span import Span
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr

if TYPE_CHECKING:
    from agentops.sdk.recorder import Recorder

__all__ = ["RUNNING", "ModelCall", "open_model_span"]

_BORDERS: Final = frozenset({SpanKind.AGENT, SpanKind.TOOL, SpanKind.SESSION})
"""A model call that began on the other side of one of these is another call."""
_lock = threading.Lock()
_claimed: dict[tuple[str, str, str], int] = {}
"""Spans of others that a call of an origin is adding to right now: ``(session, span, origin)``."""
RUNNING: ContextVar["ModelCall | None"] = ContextVar("agentops_model_call", default=None)
"""The call whose library's code runs in this context: what other libraries below it record is the same call."""

_BETWEEN_WORDS_NS: Final = 1_000_000_000
_PAUSE_NS_PER_BYTE: Final = 10_000
"""A second more for each 100 kB that the span holds: what is written of open calls stays below 100 kB a second each."""
_NEVER: Final = 2**63


class Spoken(Protocol):
    """What has come of an answer."""

    @property
    def output(self) -> object:
        """What the model said so far, as messages."""


class ModelCall:
    """One call, from the request to the last token. All methods may be called from any thread; none raises.

    Made by ``Recorder.model_call``. ``with call:`` goes around the library's own code, where it asks the model.
    """

    __slots__ = (
        "_before", "_claim", "_has_first_chunk", "_recorder", "_silent_size", "_started_ns", "_words_due_ns",
        "has_ended", "is_shared", "span",
    )  # fmt: skip

    def __init__(self, recorder: "Recorder", span: Span, *, is_shared: bool) -> None:
        self.span = span
        self.has_ended = False
        self._before: ModelCall | None = None
        self.is_shared = is_shared
        self._recorder = recorder
        self._started_ns = span.session.now_ns() if is_shared else span.start_ns
        self._has_first_chunk = False
        self._words_due_ns = self._started_ns + _BETWEEN_WORDS_NS
        self._silent_size: int | None = None
        self._claim = _claim(span, recorder.origin) if is_shared else None

    @property
    def origin(self) -> str:
        """Name of the integration that records it."""
        return self._recorder.origin

    def __enter__(self) -> None:
        self._before = RUNNING.get()
        RUNNING.set(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        RUNNING.set(self._before)

    @guarded
    def first_chunk(self) -> None:
        """Note that the model has begun to answer; only the first time counts."""
        if not self._has_first_chunk:
            self._has_first_chunk = True
            seconds = (self.span.session.now_ns() - self._started_ns) / 1e9
            self._add({GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: seconds})

    @guarded
    def so_far(self, answer: Spoken) -> None:
        """Hand out what a streamed answer has come to, about once a second, for those who read along.

        The more the span holds, the more seldom: all of it is written again each time. Called with each chunk; between
        two times it looks at the clock and nothing else.
        """
        now_ns = self.span.session.now_ns()
        if now_ns < self._words_due_ns or self.has_ended or self.span.has_ended:
            return
        if self._silent_size is None:
            if self.span.output is not None or not self.span.session.captures_content:
                self._words_due_ns = _NEVER
                return
            self._silent_size = self.span.size
        self._put_output(answer.output)
        self._words_due_ns = now_ns + _BETWEEN_WORDS_NS + self.span.size * _PAUSE_NS_PER_BYTE
        self.span.session.republish(self.span)

    @guarded
    def retried(self, count: int) -> None:
        """Note how many times the request was sent again so far."""
        if count > 0:
            self.span.set({Attr.HTTP_RETRIES: count})

    @guarded
    def finish(
        self,
        *,
        input: object = None,  # noqa: A002 - as in Recorder.start
        output: object = None,
        attributes: Mapping[str, Any] | None = None,
        closed_early: bool = False,
    ) -> None:
        """End the call with what came back. To a span of somebody else's only what it lacks is added."""
        self._release()
        known = dict(attributes or {})
        if closed_early:
            known[Attr.CLOSED_EARLY] = True
        self._add(known)
        if input is not None and self.span.input is None:
            self.span.set_input(input)
        self._put_output(output)
        if not self.is_shared:
            self._recorder.end(self.span)

    @guarded
    def fail(self, error: BaseException, *, output: object = None, attributes: Mapping[str, Any] | None = None) -> None:
        """End the call with the exception that its caller gets. A span of somebody else's is theirs to end."""
        self._release()
        self._add(attributes or {})
        self._put_output(output)
        if not self.is_shared:
            self._recorder.end(self.span, error=error)

    def _put_output(self, output: object) -> None:
        """Set the output in place of what was handed out before its end; one that somebody else set stays."""
        if output is None or (self._silent_size is None and self.span.output is not None):
            return
        if self._silent_size is not None:
            self.span.size = self._silent_size
        self.span.set_output(output)

    def _add(self, attributes: Mapping[str, Any]) -> None:
        if self.is_shared:
            attributes = {name: value for name, value in attributes.items() if name not in self.span.attributes}
        self.span.set(attributes)

    def _release(self) -> None:
        self.has_ended = True
        claim, self._claim = self._claim, None
        if claim is not None:
            with _lock:
                _claimed[claim] -= 1
                if not _claimed[claim]:
                    del _claimed[claim]


def open_model_span(around: Span | None, origin: str, model: str | None, messages: object) -> Span | None:
    """Return the open span of another origin that stands for the call which begins here; None if nobody has one.

    That is the model span around the caller; or, since most frameworks cannot make a span current for their model's
    code, one that is open beside: for the same model or the same last message, and for no other running call.

    Args:
        around: The innermost open span of the calling context.
        origin: Name of the integration that asks.
        model: Name of the requested model.
        messages: What the model is asked, as built with ``agentops.messages``.
    """
    span = around
    while span is not None and span.kind not in _BORDERS:
        if span.kind == SpanKind.LLM and span.origin != origin:
            return span
        span = span.parent
    if around is None:
        return None
    beside = [child for child in list(around.open_children.values()) if child.kind == SpanKind.LLM]
    free = [child for child in beside if child.origin != origin and not _is_claimed(child, origin)]
    rated = [(_likeness(child, model, messages), child) for child in free]
    best = max(rated, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] > 0 else None


def _likeness(span: Span, model: str | None, messages: object) -> int:
    """Rate how well an open span fits a call: 0 is not at all."""
    asked, expected = _last_text(messages), _last_text(span.input)
    if asked is not None and expected is not None:
        return 2 if asked == expected else 0
    requested = span.attributes.get(GenAI.REQUEST_MODEL)
    return 1 if requested is None or model is None or _bare(str(requested)) == _bare(model) else 0


def _bare(model: str) -> str:
    """Return a model's name without the provider that some libraries put before it."""
    return model.rpartition("/")[2]


def _last_text(messages: object) -> str | None:
    last = messages[-1] if isinstance(messages, list) and messages else None
    parts = last.get("parts") if isinstance(last, dict) else None
    for part in reversed(parts or ()):
        if isinstance(part, dict) and part.get("type") == "text":
            return str(part.get("content"))
    return None


def _claim(span: Span, origin: str) -> tuple[str, str, str]:
    claim = (span.session.id, span.id, origin)
    with _lock:
        _claimed[claim] = _claimed.get(claim, 0) + 1
    return claim


def _is_claimed(span: Span, origin: str) -> bool:
    return (span.session.id, span.id, origin) in _claimed
