"""Errors that agno keeps to itself: it logs them, and says what they were as the text of a result."""

import functools
import sys
from collections.abc import Callable
from typing import Any, Final

from agentops import ErrorInfo
from agentops.method_calls import Call, running_call

__all__ = ["error_of", "noticed"]

_NOTED: Final = "swallowed"


def noticed(log: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function with which agno logs, so that the call in progress knows of the exception that it handles."""

    @functools.wraps(log)
    def notice(*args: Any, **kwargs: Any) -> Any:
        error, call = sys.exc_info()[1], running_call()
        if error is not None and call is not None:
            call.notes[_NOTED] = error
        return log(*args, **kwargs)

    return notice


def error_of(call: Call, told: object) -> BaseException | ErrorInfo:
    """Return the error of a call that has failed without raising it; ``told`` is what agno says of it."""
    error = call.notes.pop(_NOTED, None)
    return error if isinstance(error, BaseException) else ErrorInfo("error", str(told))
