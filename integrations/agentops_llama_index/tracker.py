"""What is known of LlamaIndex's runs, and who maps which of its spans."""

from collections.abc import Mapping
from typing import Any, Final

from llama_index_instrumentation.span import active_span_id

from agentops import Recorder, Span
from agentops_llama_index.engines import Engines
from agentops_llama_index.entry import Entry
from agentops_llama_index.models import Models
from agentops_llama_index.roles import Role, role_of
from agentops_llama_index.tools import Tools
from agentops_llama_index.workflows import Workflows

__all__ = ["Tracker"]

_RUNS: Final = frozenset({Role.AGENT, Role.TEAM, Role.WORKFLOW})


class Tracker:
    """Maps LlamaIndex's spans, which carry ids, onto the tree.

    Args:
        recorder: Records them.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.workflows = Workflows(recorder)
        self.models = Models(recorder)
        self.tools = Tools(recorder, self.workflows)
        self.engines = Engines(recorder)

    def entered(self, key: str, arguments: Mapping[str, Any], instance: Any, parent_key: str | None) -> None:
        """Begin a run, or collapse it into what is around it."""
        entry = Entry(key, arguments, instance, parent_key)
        if self.workflows.is_step(entry):
            self.workflows.step_began(entry)
            return
        entry.parent_key = parent_key = self.workflows.outside(parent_key)
        role = role_of(entry)
        if role is Role.WRAPPER:
            self.recorder.alias(key, parent_key)
        elif role in _RUNS:
            self.workflows.began(entry, role, self._around(parent_key))
        elif role is Role.MODEL:
            self.models.began(entry, _inner(self.engines.late_answers.current(), self._around(parent_key)))
        elif role is Role.TOOL:
            self.tools.began(entry, self._around(parent_key))
        else:
            self.engines.began(entry, role, self._around(parent_key))

    def exited(self, key: str, result: Any) -> None:
        """End a run with what it returned."""
        for part in (self.models, self.tools, self.engines, self.workflows):
            if part.ended(key, result):
                return

    def dropped(self, key: str, error: BaseException | None) -> None:
        """End a run with what it raised."""
        for part in (self.models, self.tools, self.engines, self.workflows):
            if part.failed(key, error):
                return

    def happened(self, event: Any) -> None:
        """Take note of what becomes of a stream, or that a run was called off."""
        key = event.span_id
        if self.models.is_open(key):
            self.models.happened(key, event)
        elif type(event).__name__ == "SpanCancelledEvent":
            self.workflows.cancelled(key)

    def current(self) -> str | None:
        """Return the id of the run around the caller, where LlamaIndex called it."""
        return self.workflows.outside(active_span_id.get())

    def _around(self, parent_key: str | None) -> Span | None:
        """Return the span in which a run begins.

        LlamaIndex names the run around it. What began inside of that run since, in another framework or in a
        decorated function, is nearer.
        """
        named, ambient = self.recorder.get(parent_key), self.recorder.current()
        if named is not None and named.has_ended:
            return named
        return _inner(ambient, named)


def _inner(span: Span | None, other: Span | None) -> Span | None:
    """Return the one of two spans around the same place that began later."""
    if span is None or other is None:
        return span or other
    return span if span.start_ns >= other.start_ns else other
