"""What LlamaIndex's dispatcher calls: the beginning and end of each span, and each event. Inline, where the work is."""

from inspect import BoundArguments
from typing import Any

from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span import BaseSpan
from llama_index_instrumentation.span_handlers import BaseSpanHandler
from pydantic import PrivateAttr

from agentops import guarded
from agentops_llama_index.tracker import Tracker

__all__ = ["RecordingEventHandler", "RecordingSpanHandler"]


class RecordingSpanHandler(BaseSpanHandler[BaseSpan]):
    """Hands LlamaIndex's spans to the tracker. It keeps none itself, so LlamaIndex need not lock for it."""

    _tracker: Tracker = PrivateAttr()

    def __init__(self, tracker: Tracker) -> None:
        super().__init__()
        self._tracker = tracker

    @classmethod
    def class_name(cls) -> str:
        """Say which handler this is."""
        return "AgentOpsSpanHandler"

    @guarded
    def new_span(
        self,
        id_: str,
        bound_args: BoundArguments,
        instance: Any = None,
        parent_span_id: str | None = None,
        tags: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin a span."""
        self._tracker.entered(id_, bound_args.arguments, instance, parent_span_id)

    @guarded
    def prepare_to_exit_span(
        self, id_: str, bound_args: BoundArguments, instance: Any = None, result: Any = None, **kwargs: Any
    ) -> None:
        """End a span; of a stream, this is only the moment at which it is handed out."""
        self._tracker.exited(id_, result)

    @guarded
    def prepare_to_drop_span(
        self,
        id_: str,
        bound_args: BoundArguments,
        instance: Any = None,
        err: BaseException | None = None,
        **kwargs: Any,
    ) -> None:
        """End a span with what it raised."""
        self._tracker.dropped(id_, err)


class RecordingEventHandler(BaseEventHandler):
    """Hands LlamaIndex's events to the tracker."""

    _tracker: Tracker = PrivateAttr()

    def __init__(self, tracker: Tracker) -> None:
        super().__init__()
        self._tracker = tracker

    @classmethod
    def class_name(cls) -> str:
        """Say which handler this is."""
        return "AgentOpsEventHandler"

    @guarded
    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        """Take note of an event."""
        self._tracker.happened(event)
