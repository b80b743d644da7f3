"""Why a model stopped writing."""

from typing import Any, Final

from agentops_dashboard.semantics.values import as_text

__all__ = ["CUT_OFF", "said_in_answer"]

CUT_OFF: Final = ("length", "max_tokens", "max_output_tokens", "model_context_window_exceeded", "model_length")
"""The reasons of providers, in small letters, that mean the answer had become too long and ends in the middle."""


def said_in_answer(output: Any) -> str | None:
    """The reason in the last message of an answer, for senders that have no attribute for it."""
    last = output[-1] if type(output) is list and output else None
    return as_text(last.get("finish_reason")) if type(last) is dict else None
