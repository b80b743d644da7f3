"""Runs whose tracing the user has switched off: still recorded here, and still told to nobody else.

There are three ways to switch it off: ``set_tracing_disabled(True)``, ``RunConfig(tracing_disabled=True)`` and
``OPENAI_AGENTS_DISABLE_TRACING=1``. People use them to keep the SDK from sending traces to OpenAI, mostly with
models of others. The SDK then hands out objects that do nothing. Ours do nothing for the SDK either, and tell our
processor.
"""

import itertools
from typing import Any, Final

from agents.tracing import Span as AgentsSpan
from agents.tracing import Trace, get_current_span, get_current_trace
from agents.tracing.spans import NoOpSpan
from agents.tracing.traces import NoOpTrace

from agentops import Span, guard
from agentops_openai_agents.failures import note_failure
from agentops_openai_agents.processor import AgentOpsTraceProcessor

__all__ = ["QuietMask", "QuietSpan", "QuietTrace", "quiet_span", "quiet_trace"]

_count: Final = itertools.count(1)
_MASK: Final = "Agent run"
"""Name of the span with which the SDK hides the caller's own span from a run that is not traced."""


class QuietTrace(NoOpTrace):
    """A trace that is switched off."""

    def __init__(self, processor: AgentOpsTraceProcessor, name: str, group_id: str | None, metadata: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.processor = processor
        self.workflow_name = name
        self.group_id = group_id
        self.metadata = metadata
        self.key = f"quiet_{next(_count)}"
        self.around: Span | None = None
        self._is_running = False

    def start(self, mark_as_current: bool = False) -> None:
        """Start the trace, which appears with its first span: some exist only to hide the caller's."""
        self.around = self.processor.recorder.current()
        super().start(mark_as_current)

    def appear(self) -> None:
        """Be recorded."""
        if not self._is_running:
            self._is_running = True
            self.processor.on_trace_start(self)

    def finish(self, reset_current: bool = False) -> None:
        """End the trace."""
        if self._is_running:
            self._is_running = False
            self.processor.on_trace_end(self)
        super().finish(reset_current)


class QuietSpan(NoOpSpan[Any]):
    """A span that is switched off."""

    def __init__(self, processor: AgentOpsTraceProcessor, data: Any, parent_key: str) -> None:
        super().__init__(data)
        self.processor = processor
        self.parent_key = parent_key
        self.key = f"quiet_{next(_count)}"
        self._failure: Any = None
        self._is_running = False

    def start(self, mark_as_current: bool = False) -> None:
        """Start the span."""
        if not self._is_running:
            self._is_running = True
            self.processor.on_span_start(self)
        super().start(mark_as_current)

    def finish(self, reset_current: bool = False) -> None:
        """End the span."""
        if self._is_running:
            self._is_running = False
            self.processor.on_span_end(self)
        super().finish(reset_current)

    def set_error(self, error: Any) -> None:
        """Keep the error for our processor."""
        self._failure = error
        note_failure(self.key)

    @property
    def error(self) -> Any:
        """The error that was attached, if any."""
        return self._failure


class QuietMask(NoOpSpan[Any]):
    """The span that hides the caller's span: to us it stands for the trace that is current beside it."""

    @property
    def key(self) -> str | None:
        """Id of that trace."""
        return getattr(get_current_trace(), "key", None)


def quiet_trace(processor: AgentOpsTraceProcessor, trace: Trace, arguments: dict[str, Any]) -> Trace:
    """Return what stands in for a trace that the SDK has just made; the trace itself if it is not switched off."""
    with guard("openai_agents.quiet_trace"):
        if type(trace) is NoOpTrace:
            name = str(arguments.get("name") or "Agent workflow")
            return QuietTrace(processor, name, arguments.get("group_id"), arguments.get("metadata"))
    return trace


def quiet_span(processor: AgentOpsTraceProcessor, span: AgentsSpan[Any], parent: Any) -> AgentsSpan[Any]:
    """Return what stands in for a span that the SDK has just made; the span itself if it belongs to a live trace."""
    with guard("openai_agents.quiet_span"):
        if type(span) is not NoOpSpan:
            return span
        if span.span_data.type == "custom" and span.span_data.name == _MASK:
            return QuietMask(span.span_data)
        around = parent or get_current_span() or get_current_trace()
        if isinstance(around, QuietMask):
            around = get_current_trace()
        if isinstance(around, QuietTrace):
            around.appear()
        if isinstance(around, QuietTrace | QuietSpan):
            return QuietSpan(processor, span.span_data, around.key)
    return span
