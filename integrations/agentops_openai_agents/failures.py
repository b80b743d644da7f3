"""Why a span failed: the exception itself where it can be had, for the SDK keeps only a sentence of it."""

import sys
import threading
from collections import OrderedDict
from contextvars import ContextVar
from typing import Any, Final

from agentops import ErrorInfo

__all__ = ["FAILURES", "INCLUDES_CONTENT", "failure_of", "note_failure"]

FAILURES: Final = 1000
"""Exceptions kept between the moment when they are attached to a span and the span's end."""
INCLUDES_CONTENT: ContextVar[bool] = ContextVar("agentops_openai_agents_includes_content", default=True)
"""Whether the run's ``RunConfig.trace_include_sensitive_data`` lets messages, arguments and results be recorded."""

_noted: "OrderedDict[str, BaseException]" = OrderedDict()
_lock = threading.Lock()


def note_failure(key: str) -> None:
    """Keep the exception that is being handled while the SDK attaches an error to the span ``key``."""
    raised = sys.exc_info()[1]
    if raised is not None:
        with _lock:
            _noted[key] = raised
            if len(_noted) > FAILURES:
                _noted.popitem(last=False)


def failure_of(error: Any, key: str, raised_before: BaseException | None) -> BaseException | ErrorInfo | None:
    """Return why a span that ends now has failed; None if it has not.

    The exception behind the SDK's error comes first: it is the tool's own. Else a span that ends while an exception
    passes through it (``with span:`` and ``finally`` end it so) was ended by it, unless the exception was on its way
    before the span began.

    Args:
        error: The SDK's own description: ``{"message", "data"}``.
        key: Id of the span.
        raised_before: The exception that was being handled when the span began.
    """
    with _lock:
        noted = _noted.pop(key, None)
    passing = sys.exc_info()[1]
    raised = noted if error is not None and noted is not None else passing
    if raised is not None and raised is not raised_before:
        return raised if INCLUDES_CONTENT.get() else _without_content(raised)
    return _described(error) if error is not None else None


def _without_content(raised: BaseException) -> ErrorInfo:
    cancelled = not isinstance(raised, Exception)
    name = f"{type(raised).__module__}.{type(raised).__qualname__}".removeprefix("builtins.")
    return ErrorInfo(name, "Left out: trace_include_sensitive_data is off.", None, cancelled)


def _described(error: Any) -> ErrorInfo:
    data = error.get("data") or {}
    details = data.get("error") or data.get("details") or ", ".join(f"{key}: {value}" for key, value in data.items())
    return ErrorInfo(str(error.get("message")), str(details or error.get("message")))
