"""End states: every spelling that callers use, mapped to the ones that are recorded."""

import enum
from typing import Final

from agentops.errors import ConfigurationError
from agentops.semconv import SpanStatus, State

__all__ = ["STATUS_OF_STATE", "TraceState", "end_state"]


class TraceState(enum.Enum):
    """End states as AgentOps 0.4 names them."""

    SUCCESS = "Success"
    ERROR = "Error"
    UNSET = "Indeterminate"

    def __str__(self) -> str:
        return self.value


STATUS_OF_STATE: Final = {
    State.SUCCESS: SpanStatus.OK,
    State.ERROR: SpanStatus.ERROR,
    State.CANCELLED: SpanStatus.CANCELLED,
    State.INDETERMINATE: SpanStatus.OK,
}

_SPELLINGS: Final = {
    "success": State.SUCCESS,
    "succeeded": State.SUCCESS,
    "ok": State.SUCCESS,
    "fail": State.ERROR,
    "failed": State.ERROR,
    "failure": State.ERROR,
    "error": State.ERROR,
    "cancelled": State.CANCELLED,
    "canceled": State.CANCELLED,
    "indeterminate": State.INDETERMINATE,
    "unset": State.INDETERMINATE,
    "unknown": State.INDETERMINATE,
}


def end_state(value: object) -> str:
    """Return the recorded state for a ``TraceState``, an OpenTelemetry ``StatusCode``, a ``State`` or a string.

    Raises:
        ConfigurationError: The value names no end state.
    """
    if value is None:
        return State.INDETERMINATE
    text = value.value if isinstance(value, enum.Enum) and isinstance(value.value, str) else value
    text = value.name if isinstance(value, enum.Enum) and not isinstance(text, str) else text
    state = _SPELLINGS.get(str(text).strip().lower())
    if state is None:
        known = ", ".join(sorted({name.capitalize() for name in ("success", "error", "cancelled", "indeterminate")}))
        raise ConfigurationError(f"end state {value!r} is not known; use one of {known}.")
    return state
