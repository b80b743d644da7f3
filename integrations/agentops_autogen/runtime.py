"""The runtime between agents: a message is handled under the span that it was sent from.

A runtime handles every message in the context in which it was started, which may be another session's or none. So
each message's id, which AutoGen hands on to the handler, also says which span was current when it was sent.
"""

import functools
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakKeyDictionary

from agentops import Recorder, Span, activate, guard
from agentops.method_calls import Call, inside
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops_autogen.messages import chat_text, task_input

__all__ = ["Messages"]

_AUTOGEN: Final = frozenset({"autogen_core", "autogen_agentchat", "autogen_ext"})
_TEAM_PARTS: Final = frozenset({"BaseGroupChatManager", "ChatAgentContainer"})
_ORCHESTRATOR: Final = "MagenticOneOrchestrator"
"""The one manager of a team that its users think of as an agent: it plans, and keeps a ledger."""
_ORCHESTRATED: Final = frozenset({"GroupChatStart", "GroupChatAgentResponse", "GroupChatTeamResponse"})
_AGENT: Final = "agent"
_PART: Final = "part of a team, or of AutoGen"
_ROLES: "WeakKeyDictionary[type, str]" = WeakKeyDictionary()

_HANDLING: ContextVar[tuple[Span | None, Span | None]] = ContextVar("agentops_autogen_handling", default=(None, None))
"""In a message's handler: its agent's span, if it has one, and the span under which the message was sent."""


class MessageId(str):
    """The id of a message, with the span under which it was sent; that one is held as long as the message."""

    __slots__ = ("sender",)
    sender: Span | None


class Messages:
    """What is under way in runtimes, and the spans of agents that are not part of a team."""

    def __init__(self, recorder: Recorder, patches: Patches) -> None:
        self.recorder = recorder
        self.patches = patches

    def sending(self, method: Callable[..., Awaitable[Any]]) -> Any:
        """Wrap ``send_message``: the sender waits, so what the receiver does is part of what the sender does."""
        return self._remembering(method, self.recorder.current)

    def publishing(self, method: Callable[..., Awaitable[Any]]) -> Any:
        """Wrap ``publish_message``: nobody waits, so what a receiver does stands beside what the sender does."""
        return self._remembering(method, self._publisher)

    def handling(self, method: Callable[..., Awaitable[Any]]) -> Any:
        """Wrap ``on_message``."""

        @functools.wraps(method)
        async def on_message(agent: Any, message: Any, ctx: Any) -> Any:
            message_id = ctx.message_id
            if not self.patches.is_active or not isinstance(message_id, MessageId):
                return await method(agent, message, ctx)
            sender = message_id.sender
            opened = self._open(agent, message, sender)
            token = _HANDLING.set((None if opened is None else opened.span, sender))
            try:
                with inside(opened, sender):
                    result = await method(agent, message, ctx)
            except BaseException as error:
                if opened is not None:
                    self.recorder.end(opened.span, error=error)
                raise
            finally:
                _HANDLING.reset(token)
            if opened is not None:
                self.recorder.end(opened.span, output=result)
            return result

        return on_message

    def _remembering(self, method: Callable[..., Awaitable[Any]], find_sender: Callable[[], Span | None]) -> Any:
        @functools.wraps(method)
        async def send(runtime: Any, *args: Any, **kwargs: Any) -> Any:
            if self.patches.is_active:
                with guard("autogen.send"):
                    message_id = MessageId(kwargs.get("message_id") or uuid.uuid4())
                    message_id.sender = find_sender()
                    kwargs["message_id"] = message_id
            return await method(runtime, *args, **kwargs)

        return send

    def _publisher(self) -> Span | None:
        current = self.recorder.current()
        agent, sender = _HANDLING.get()
        around = current if agent is not None else None
        while around is not None:
            if around is agent:
                return sender
            around = around.parent
        return current

    def _open(self, agent: Any, message: Any, sender: Span | None) -> Call | None:
        """Open the span of an agent that handles a message by itself; those of teams are recorded by their turns."""
        with guard("autogen.handle"):
            if not _is_agent(agent, message):
                return None
            name = getattr(agent, "_name", None) if _ROLES[type(agent)] == _ORCHESTRATOR else None
            attributes = {
                GenAI.AGENT_NAME: name or agent.id.type,
                GenAI.AGENT_ID: str(agent.id),
                GenAI.AGENT_DESCRIPTION: agent.metadata["description"],
            }
            with activate(sender):
                span = self.recorder.start(
                    SpanKind.AGENT, name or agent.id.type, parent=sender, input=_said(message), attributes=attributes
                )
            return None if span is None else Call(span, agent, None)
        return None


def _is_agent(agent: Any, message: Any) -> bool:
    kind = type(agent)
    role = _ROLES.get(kind)
    if role is None:
        role = _ROLES[kind] = _role(kind)
    if role == _ORCHESTRATOR:
        return type(message).__name__ in _ORCHESTRATED
    handlers = getattr(agent, "_handlers", None)
    # An agent receives all that is published on its topic, also what it has no handler for.
    return role == _AGENT and (not isinstance(handlers, dict) or type(message) in handlers)


def _role(kind: type) -> str:
    names = {base.__name__ for base in kind.__mro__}
    if _ORCHESTRATOR in names:
        return _ORCHESTRATOR
    is_autogens = kind.__module__.partition(".")[0] in _AUTOGEN
    return _PART if is_autogens or names & _TEAM_PARTS else _AGENT


def _said(message: Any) -> object:
    """Return what a message says; of those within a team, the chat message that it carries."""
    if type(message).__name__ == "GroupChatStart":
        return task_input(message.messages)
    response = getattr(message, "response", None) or getattr(message, "agent_response", None)  # until agentchat 0.6.4
    return message if response is None else chat_text(response.chat_message)
