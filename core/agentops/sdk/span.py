"""A span: one node of a session's tree, from its start to its end."""

import sys
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from agentops.sdk.guard import attempt
from agentops.sdk.values import capture, capture_own, capture_sized, clip
from agentops.semconv import CONTENT_ATTRIBUTES, GenAI, SpanKind, SpanStatus
from agentops.semconv import Span as Attr

if TYPE_CHECKING:
    from agentops.sdk.session import Session

__all__ = ["ErrorInfo", "Span", "error_info"]

_INPUT_ATTRIBUTE: Final = {
    SpanKind.TOOL: GenAI.TOOL_CALL_ARGUMENTS,
    SpanKind.LLM: GenAI.INPUT_MESSAGES,
    SpanKind.RETRIEVER: GenAI.RETRIEVAL_QUERY,
}
_OUTPUT_ATTRIBUTE: Final = {
    SpanKind.TOOL: GenAI.TOOL_CALL_RESULT,
    SpanKind.LLM: GenAI.OUTPUT_MESSAGES,
    SpanKind.RETRIEVER: GenAI.RETRIEVAL_DOCUMENTS,
}
_LIMIT_STACK: Final = 32 * 1024


class ErrorInfo(NamedTuple):
    """What is kept of an error: its qualified type, its message, and the stack as text."""

    type: str
    message: str
    stack: str | None = None
    is_cancellation: bool = False


def error_info(error: BaseException | str | ErrorInfo, *, with_stack: bool = True) -> ErrorInfo:
    """Describe an exception, or an error that a framework reports as text."""
    if isinstance(error, ErrorInfo):
        return error
    if isinstance(error, str):
        return ErrorInfo("error", clip(error, _LIMIT_STACK))
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    stack = attempt(_stack, lambda _: None, error) if with_stack else None
    message = attempt(str, lambda failed: f"<str() of it raised {type(failed).__name__}>", error)
    return ErrorInfo(name, clip(message, _LIMIT_STACK), stack, _is_cancellation(error))


def _is_cancellation(error: BaseException) -> bool:
    """Say whether work was called off. asyncio is only looked at where the program uses it: it is slow to import."""
    asyncio = sys.modules.get("asyncio")
    cancelled = getattr(asyncio, "CancelledError", KeyboardInterrupt)
    return isinstance(error, (KeyboardInterrupt, GeneratorExit, cancelled))


def _stack(error: BaseException) -> str | None:
    """Format the stack, cut in the middle: how it was reached and where it broke are at the two ends."""
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-200))
    if len(text) > _LIMIT_STACK:
        half = _LIMIT_STACK // 2
        text = f"{text[:half]}\n… [truncated]\n{text[-half:]}"
    return text


class Span:
    """One node of a session's tree.

    Made by decorators, context managers and a ``Recorder``, not by calling this class. ``start_ns`` and ``end_ns``
    are nanoseconds since the Unix epoch; ``end_ns`` is 0 while the span is open.
    """

    NOT_OURS: ClassVar[int] = -1
    """``written_version`` of a span that another process records (it was open when this one was forked)."""
    FILTERED: ClassVar[int] = -2
    """``written_version`` of a span that a span filter left out, or for which there was no room."""
    FINAL: ClassVar[int] = sys.maxsize
    """``written_version`` of a span of which no further record is to be written."""

    __slots__ = (
        "__weakref__",
        "_inner_error",
        "_last_child_end_ns",
        "attributes",
        "end_ns",
        "error",
        "events",
        "holder",
        "id",
        "is_queued",
        "kind",
        "name",
        "open_children",
        "origin",
        "outlived_parent",
        "parent",
        "seq",
        "session",
        "size",
        "start_ns",
        "status",
        "version",
        "written_version",
    )

    def __init__(  # noqa: PLR0917 - by position, because it is the hottest call of all
        self, session: "Session", parent: "Span | None", kind: str, name: str, span_id: str, start_ns: int, seq: int
    ) -> None:
        self.session = session
        self.parent = parent
        self.kind = kind
        self.name = name
        self.id = span_id
        self.start_ns = start_ns
        self.seq = seq
        self.end_ns = 0
        self.status = SpanStatus.RUNNING
        self.attributes: dict[str, object] = {}
        self.events: list[tuple[str, int, dict[str, object]]] | None = None
        self.open_children: dict[str, Span] = {}
        self.holder = parent
        self.error: ErrorInfo | None = None
        self.origin = "decorator"
        self.outlived_parent = False
        self.size = 0
        self.is_queued = False
        self.version = 1
        self.written_version = 0
        self._inner_error: tuple[int, str] | None = None
        self._last_child_end_ns = 0

    @property
    def has_ended(self) -> bool:
        """Whether the span is over, be it as ``unfinished``."""
        return self.end_ns != 0

    @property
    def input(self) -> object:
        """What went in, as captured; None when nothing was."""
        return self.attributes.get(_INPUT_ATTRIBUTE.get(self.kind, Attr.INPUT))

    @property
    def output(self) -> object:
        """What came out, as captured; None when nothing was."""
        return self.attributes.get(_OUTPUT_ATTRIBUTE.get(self.kind, Attr.OUTPUT))

    def set_input(self, value: object) -> None:
        """Record what goes in: a tool's arguments, a model's messages, a retriever's query, any other input."""
        self.set_content(_INPUT_ATTRIBUTE.get(self.kind, Attr.INPUT), value)

    def set_output(self, value: object) -> None:
        """Record what comes out."""
        self.set_content(_OUTPUT_ATTRIBUTE.get(self.kind, Attr.OUTPUT), value)

    def set_content(self, name: str, value: object) -> None:
        """Record what users or models said under an attribute name, as far as the content mode allows it."""
        if value is None or not self.session.captures_content:
            return
        kept, size = capture_sized(value)
        self.size += size
        self.attributes[name] = kept

    def set_arguments(self, arguments: dict[str, object]) -> None:
        """Record a call's arguments by name as the input. The dictionary must be the caller's own and be left to us."""
        kept, size = capture_own(arguments)
        self.size += size
        self.attributes[_INPUT_ATTRIBUTE.get(self.kind, Attr.INPUT)] = kept

    def set(self, attributes: Mapping[str, Any]) -> None:
        """Add attributes. Text, numbers, truth values and lists of them keep their type; ``None`` is left out."""
        for name, value in attributes.items():
            if value is None:
                continue
            if name in CONTENT_ATTRIBUTES:
                self.set_content(name, value)
            elif type(value) is int:
                self.attributes[name] = value
            else:
                kept = capture(value)
                self.attributes[name] = _as_array(kept) if type(kept) is list else kept
        if self.end_ns:
            self.session.republish(self)

    def add_event(self, name: str, attributes: Mapping[str, object] | None = None, time_ns: int | None = None) -> None:
        """Note something that happened at one moment within the span; now, unless a time is given."""
        if self.events is None:
            self.events = []
        values = {key: capture(value) for key, value in (attributes or {}).items()}
        self.events.append((name, time_ns or self.session.now_ns(), values))

    def end(
        self,
        *,
        error: BaseException | str | ErrorInfo | None = None,
        status: str | None = None,
        end_ns: int | None = None,
    ) -> None:
        """End the span; see ``Session.close``. Only the first end counts, unless the span was closed as unfinished."""
        self.session.close(self, error=error, status=status, end_ns=end_ns)

    def drop_content(self) -> None:
        """Let go of inputs and outputs, when there is no room for them."""
        self.attributes = {key: value for key, value in self.attributes.items() if key not in CONTENT_ATTRIBUTES}
        self.events = None
        self.size = 0

    def describe(self, error: BaseException | str | ErrorInfo) -> ErrorInfo:
        """Describe an error that ends this span.

        The stack is kept where the exception was first seen, and not again in each span that it passes through.
        """
        identity = (id(error), type(error).__name__)
        info = error_info(error, with_stack=self._inner_error != identity)
        if self.parent is not None:
            self.parent._inner_error = identity
        return info

    def __repr__(self) -> str:
        return f"<Span {self.kind} {self.name!r} {self.status} id={self.id}>"


def _as_array(items: list[object]) -> object:
    """A list of text or numbers is an OTLP array; anything richer stays JSON."""
    return tuple(items) if all(isinstance(item, (str, bool, int, float)) for item in items) else items
