"""Recording into memory."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from agentops.sdk import process
from agentops.sdk.config import Config, updated
from agentops.sdk.context import CURRENT
from agentops.sdk.guard import guard
from agentops.sdk.runtime import Runtime
from agentops.sdk.session import Session
from agentops.sdk.span import Span

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from agentops.sdk.arguments import Settings

__all__ = ["CountingIds", "MemorySink", "Recording", "TickingClock", "recording"]

EPOCH_NS: Final = 1_700_000_000_000_000_000
TICK_NS: Final = 1_000_000


class TickingClock:
    """A clock that starts at one moment and goes on by a millisecond each time it is read, by whomever."""

    def __init__(self, start_ns: int = EPOCH_NS, tick_ns: int = TICK_NS) -> None:
        self._ticks = itertools.count(start_ns, tick_ns)

    def anchored(self) -> Callable[[], int]:
        """Return the clock's reading function."""
        return lambda: next(self._ticks)


class CountingIds:
    """Ids that count from 1."""

    def __init__(self) -> None:
        self._sessions = itertools.count(1)
        self._spans = itertools.count(1)

    def session_id(self) -> str:
        """Return the next session id."""
        return f"{next(self._sessions):032x}"

    def span_id(self) -> str:
        """Return the next span id."""
        return f"{next(self._spans):016x}"

    def process_id(self) -> str:
        """Return the one process id."""
        return "0" * 32


class MemorySink:
    """Keeps every span that was put, once, in order of start."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.puts: list[tuple[str, int, bool]] = []
        self._seen: set[int] = set()

    def put(self, span: Span) -> None:
        """Take a span as it now stands."""
        self.puts.append((span.id, span.version, span.has_ended))
        if id(span) not in self._seen:
            self._seen.add(id(span))
            self.spans.append(span)

    def flush(self, timeout_s: float | None = None) -> bool:
        """Everything is in memory already."""
        return True

    def close(self, timeout_s: float) -> None:
        """Nothing to stop."""


class Recording:
    """What was recorded inside a ``with recording():`` block."""

    def __init__(self, runtime: Runtime, sink: MemorySink) -> None:
        self.runtime = runtime
        self.sink = sink

    @property
    def spans(self) -> list[Span]:
        """All spans in order of start, sessions included."""
        return list(self.sink.spans)

    @property
    def sessions(self) -> list[Session]:
        """All sessions that have something to show, in order of appearance."""
        return [span.session for span in self.sink.spans if span.parent is None]

    def find(self, kind: str | None = None, name: str | None = None) -> list[Span]:
        """Return the spans of a kind, or a name, or both."""
        return [span for span in self.sink.spans if kind in {None, span.kind} and name in {None, span.name}]

    def tree(self, session: Session | None = None) -> list[dict[str, Any]]:
        """Return the sessions' trees (or one session's) as plain data, children in order of start.

        A node is ``{"kind", "name"}`` with ``"status"`` if it is not ``ok``, ``"error"`` (its type) if it has one, and
        ``"children"`` if there are any.
        """
        roots = [item.root for item in self.sessions if session is None or item is session]
        return [self._node(root) for root in roots]

    def outline(self, session: Session | None = None) -> str:
        """Return the trees as indented text, a line per span: ``kind name``, and ``[status error]`` if it is not ok."""
        return "\n".join(_lines(self.tree(session), 0))

    def _node(self, span: Span) -> dict[str, Any]:
        node: dict[str, Any] = {"kind": span.kind, "name": span.name}
        if span.status != "ok":
            node["status"] = span.status
        if span.error is not None:
            node["error"] = span.error.type
        children = sorted((item for item in self.sink.spans if item.parent is span), key=lambda item: item.start_ns)
        if children:
            node["children"] = [self._node(child) for child in children]
        return node


def _lines(nodes: list[dict[str, Any]], depth: int) -> Iterator[str]:
    for node in nodes:
        marks = [node[key] for key in ("status", "error") if key in node]
        yield "  " * depth + f"{node['kind']} {node['name']}" + (f" [{' '.join(marks)}]" if marks else "")
        yield from _lines(node.get("children", []), depth + 1)


@contextmanager
def recording(*, is_loud: bool = True, **settings: "Unpack[Settings]") -> Iterator[Recording]:
    """Record into memory for the length of the block, in a runtime of its own.

    Integrations that are enabled stay enabled, and record into it too. At the block's end open sessions are ended as
    they are at the end of a process.

    Args:
        is_loud: Raise what recording would swallow, so that no test passes on a swallowed error.
        settings: Settings as for ``init()``.
    """
    sink = MemorySink()
    runtime = Runtime(updated(Config(), settings), sink, "0" * 32, clock=TickingClock(), ids=CountingIds())
    before, was_loud, current = process.current(), guard.state.loud, CURRENT.get()
    CURRENT.set(None)
    guard.state.loud = is_loud
    process.swap(runtime)
    try:
        yield Recording(runtime, sink)
        runtime.finish()
    finally:
        process.swap(before)
        guard.state.loud = was_loud
        CURRENT.set(current)
