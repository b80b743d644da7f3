"""Switching on and off: two handlers beside the user's own at the root of LlamaIndex's dispatchers."""

from collections.abc import Callable
from typing import Any

from llama_index_instrumentation import root_dispatcher

from agentops import Recorder
from agentops_llama_index.handlers import RecordingEventHandler, RecordingSpanHandler
from agentops_llama_index.tracker import Tracker

__all__ = ["install"]


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every run from now on; all dispatchers hand what they hear on to the root."""
    tracker = Tracker(recorder)
    spans, events = RecordingSpanHandler(tracker), RecordingEventHandler(tracker)
    root_dispatcher.add_span_handler(spans)
    root_dispatcher.add_event_handler(events)
    forget_resolver = recorder.add_parent_resolver(tracker.current)

    def undo() -> None:
        if forget_resolver is not None:
            forget_resolver()
        _remove(root_dispatcher.span_handlers, spans)
        _remove(root_dispatcher.event_handlers, events)

    return undo


def _remove(handlers: list[Any], ours: object) -> None:
    """Take out what is ours, in place; a handler is equal to others of its class, so that it has to be the same."""
    handlers[:] = [handler for handler in handlers if handler is not ours]
