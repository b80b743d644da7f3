"""The one record of LangChain's runs in this process, which all handlers share."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from agentops import Recorder
from agentops.semconv import Span as Attr
from agentops.semconv import SpanKind
from agentops_langchain.chains import Chains
from agentops_langchain.content import plain
from agentops_langchain.models import Models
from agentops_langchain.runs import Runs
from agentops_langchain.steering import Steering, is_steering
from agentops_langchain.tools import Tools
from agentops_langchain.tree import Tree

__all__ = ["Tracker", "tracker", "use_recorder"]


class Tracker:
    """What is known of LangChain's runs, and what maps each kind of them.

    Args:
        recorder: Records them.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.tree = Tree(recorder, Runs())
        self.steering = Steering(self.tree)
        self.chains = Chains(self.tree, self.steering)
        self.models = Models(self.tree)
        self.tools = Tools(self.tree)

    def failed(self, error: BaseException, run_id: UUID) -> None:
        """End a run that raised."""
        run = self.tree.runs.remove(run_id)
        if run is None:
            return
        if is_steering(error):
            self.steering.steered(run, error)
        else:
            self.tree.fail(run, error)

    def tag(self, run_id: UUID, tags: Iterable[str] | Mapping[str, object]) -> None:
        """Add tags to the session of a run that has started."""
        span = self.tree.holder(self.tree.runs.get(run_id))
        if span is not None:
            span.session.add_tags(tags)

    def custom_event(self, name: str, data: object, run_id: UUID) -> None:
        """Record an event that the program dispatched itself."""
        span = self.recorder.event(name, parent_key=run_id, kind=SpanKind.EVENT, attributes=_as_output(data))
        if span is not None and isinstance(data, Mapping):
            span.set_output(plain(data))


def _as_output(data: object) -> dict[str, Any]:
    return {} if isinstance(data, Mapping) else {Attr.OUTPUT: plain(data)}


_tracker: Tracker | None = None
_lock = threading.Lock()


def tracker() -> Tracker:
    """Return the tracker; made at first use."""
    return _tracker if _tracker is not None else use_recorder(None)


def use_recorder(recorder: Recorder | None) -> Tracker:
    """Return the tracker, made with this recorder if there is none yet."""
    global _tracker
    with _lock:
        if _tracker is None:
            _tracker = Tracker(recorder if recorder is not None else Recorder("langchain"))
        return _tracker
