"""Semantic Kernel's messages as ours."""

from collections.abc import Sequence
from typing import Any

from semantic_kernel.contents import ChatHistory, ChatMessageContent

from agentops.chat_format import chat_message
from agentops.messages import Message, message

__all__ = ["messages_of", "output_messages", "said_in"]


def said_in(messages: object) -> object:
    """Return what an agent was asked, or answered: the text itself where there is nothing else, else the messages."""
    items = messages if isinstance(messages, list) else [messages]
    if len(items) == 1:
        (only,) = items
        if not isinstance(only, ChatMessageContent):
            return only
        if only.content and len(only.items) == 1:
            return only.content
    return [_message(item) for item in items]


def messages_of(asked: object) -> list[Message] | None:
    """Return what a model is asked: a history of messages, or a prompt."""
    if isinstance(asked, ChatHistory):
        return [_message(item) for item in asked.messages]
    return None if asked is None else [message("user", str(asked))]


def output_messages(answers: Sequence[Any]) -> list[Message]:
    """Return what a model answered, a message for each choice."""
    return [_message(answer) for answer in answers]


def _message(item: object) -> Message:
    if not isinstance(item, ChatMessageContent):
        return message("user" if isinstance(item, str) else "assistant", str(item))
    reason = item.finish_reason.value if item.finish_reason is not None else None
    return chat_message(item.to_dict(), reason)
