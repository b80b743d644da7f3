"""Messages that each request of a conversation repeats, converted once."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from langchain_core.messages import BaseMessage

from agentops.messages import Snapshot
from agentops_langchain.content import message_of

__all__ = ["Conversation"]

_LIMIT: Final = 2_000
"""Messages kept; then it begins anew."""


class Conversation:
    """The messages of one run from the outside in. Lives as long as that run.

    An agent that asks its model twenty times sends the first message twenty times.
    """

    __slots__ = ("_converted",)

    _tools: ClassVar[Snapshot | None] = None
    """The latest, which the next run's are most likely the same as."""

    def __init__(self) -> None:
        self._converted: dict[int, tuple[BaseMessage, object, Snapshot]] = {}

    def messages(self, messages: Iterable[BaseMessage]) -> list[Snapshot]:
        """Convert messages, each object once."""
        return [self._message(item) for item in messages]

    @classmethod
    def tools(cls, definitions: Any) -> Snapshot:
        """Capture tool definitions, once as long as they stay the same: agents make them anew for each request."""
        known = cls._tools
        if known is None or known.value != definitions:
            cls._tools = known = Snapshot(definitions)
        return known

    def _message(self, item: BaseMessage) -> Snapshot:
        known = self._converted.get(id(item))
        # The object is held, so that its identity is not given to another; its content may have been replaced.
        if known is not None and known[1] is item.content:
            return known[2]
        converted = Snapshot(message_of(item))
        if len(self._converted) >= _LIMIT:
            self._converted.clear()
        self._converted[id(item)] = (item, item.content, converted)
        return converted
