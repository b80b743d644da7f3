"""The event objects of AgentOps' older API. In 0.4 they did nothing; here they record.

An event is made when something begins and handed to ``record()`` when it is over, which is what its times are. Whatever
else old programs pass (ids of agents and threads, screenshots) is kept as it is given.
"""

import datetime
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from agentops.messages import Usage, message, tool_call
from agentops.sdk import process
from agentops.sdk.decorators import agent, tool
from agentops.sdk.guard import guard, logger
from agentops.sdk.session import Session
from agentops.sdk.span import ErrorInfo, Span, error_info
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr

__all__ = ["ActionEvent", "ErrorEvent", "LLMEvent", "ToolEvent", "record", "record_event", "track_agent", "track_tool"]

_EVENT_DETAILS: Final = "details"


class Event:
    """What the four kinds share: ``params`` in, ``returns`` out, and any further keyword, kept as a detail."""

    kind: ClassVar[str] = SpanKind.OPERATION
    title: ClassVar[str] = "event"

    def __init__(
        self,
        *,
        params: object = None,
        returns: object = None,
        logs: object = None,
        init_timestamp: object = None,
        end_timestamp: object = None,
        **details: object,
    ) -> None:
        self.params = params
        self.returns = returns
        self.logs = logs
        self.init_timestamp = init_timestamp
        self.end_timestamp = end_timestamp
        self.details = details
        self.made_ns = time.time_ns()
        self.span: Span | None = None

    @property
    def name(self) -> str:
        """Name of the span."""
        return self.title

    def fill(self, span: Span) -> None:
        """Put what the event holds onto its span."""
        if self.params is not None:
            span.set_input(self.params)
        if self.returns is not None:
            span.set_output(self.returns)

    def error(self) -> ErrorInfo | None:
        """Return the error that the event stands for."""
        return None


class ActionEvent(Event):
    """Something an agent did: ``ActionEvent(action_type="search", params={…}, returns=…)``."""

    def __init__(self, action_type: str | None = None, **fields: Any) -> None:
        super().__init__(**fields)
        self.action_type = action_type

    @property
    def name(self) -> str:
        """The action's type."""
        return self.action_type or "action"


class ToolEvent(Event):
    """A tool's call: ``ToolEvent(name="search", params={…}, returns=…)``."""

    kind = SpanKind.TOOL
    title = "tool"

    def __init__(self, name: str | None = None, **fields: Any) -> None:
        super().__init__(**fields)
        self.tool_name = name

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.tool_name or self.title


class LLMEvent(Event):
    """A model's call: ``LLMEvent(prompt=…, completion=…, model=…, prompt_tokens=…, completion_tokens=…, cost=…)``.

    ``prompt`` is text or a list of ``{"role", "content"}``; ``completion`` text or one such message. ``cost`` is in US
    dollars.
    """

    kind = SpanKind.LLM
    title = "model"

    def __init__(
        self,
        *,
        prompt: object = None,
        completion: object = None,
        model: str | None = None,
        prompt_tokens: int | None = None,
        completion_tokens: int | None = None,
        cost: float | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(**fields)
        self.prompt = prompt
        self.completion = completion
        self.model = model
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens
        self.cost = cost

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model or self.title

    def fill(self, span: Span) -> None:
        """Put messages, tokens and cost onto the span."""
        span.set({GenAI.REQUEST_MODEL: self.model, Attr.COST_USD: self.cost})
        span.set(Usage(self.prompt_tokens, self.completion_tokens).attributes())
        prompt = self.prompt if self.prompt is not None else self.params
        completion = self.completion if self.completion is not None else self.returns
        if prompt is not None:
            span.set_input(_messages(prompt, "user"))
        if completion is not None:
            span.set_output(_messages(completion, "assistant"))


class ErrorEvent(Event):
    """Something that went wrong: ``ErrorEvent(exception=error)``, ``ErrorEvent(error_type=…, details=…)``.

    With ``trigger_event`` the error is that event's; else it is a node of its own.
    """

    kind = SpanKind.EVENT
    title = "error"

    def __init__(
        self,
        details: object = None,
        *,
        message: object = None,
        error_type: str | None = None,
        exception: BaseException | None = None,
        trigger_event: Event | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(**fields)
        self.text = details if details is not None else message
        self.error_type = error_type
        self.exception = exception
        self.trigger_event = trigger_event

    @property
    def name(self) -> str:
        """The error's type."""
        return self.error_type or (type(self.exception).__name__ if self.exception else self.title)

    def error(self) -> ErrorInfo:
        """Describe the error."""
        found = error_info(self.exception) if self.exception is not None else None
        text = str(self.text) if self.text is not None else (found.message if found else "")
        return ErrorInfo(self.error_type or (found.type if found else "error"), text, found.stack if found else None)


def record(event: object) -> None:
    """Record an event into the caller's session. What is no event is said and left out."""
    record_event(event, None)


def record_event(event: object, session: Session | None) -> None:
    """Record an event into a session, or where its caller is."""
    if not isinstance(event, Event):
        logger.warning(
            "agentops: record() takes an ActionEvent, LLMEvent, ToolEvent or ErrorEvent, not %r; nothing was recorded.",
            type(event).__name__,
        )
        return
    with guard("record"):
        runtime = process.runtime()
        if runtime.config.disabled:
            return
        error = event.error()
        if isinstance(event, ErrorEvent) and event.trigger_event is not None and error is not None:
            _fail_trigger(event.trigger_event, error, session)
            return
        _record(event, session, error)


def _fail_trigger(trigger: Event, error: ErrorInfo, session: Session | None) -> None:
    """Mark what went wrong; an event that has been recorded already is corrected."""
    if trigger.span is None:
        _record(trigger, session, error)
    else:
        trigger.span.session.amend_error(trigger.span, error)


def _record(event: Event, session: Session | None, error: ErrorInfo | None) -> None:
    runtime = process.runtime()
    started = _time_ns(event.init_timestamp) or event.made_ns
    around = runtime.find_parent()
    if session is not None:
        parent = around if around is not None and around.session is session else None
        span = session.open(event.kind, event.name, parent, started)
    else:
        span = runtime.open_span(event.kind, event.name, started)
    span.origin = "event"
    event.fill(span)
    details = {key: value for key, value in event.details.items() if value is not None}
    if event.logs is not None:
        details["logs"] = event.logs
    if details and span.session.captures_content:
        span.add_event(_EVENT_DETAILS, details)
    event.span = span
    span.end(error=error, end_ns=_time_ns(event.end_timestamp))


def _messages(value: object, role: str) -> list[dict[str, Any]]:
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, Sequence) or isinstance(value, str):
        return [message(role, str(value))]
    return [_message(item, role) for item in value]


def _message(item: object, role: str) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        return message(role, str(item))
    parts: list[dict[str, Any]] = []
    content = item.get("content")
    if content:
        parts.append({"type": "text", "content": content})
    for call in item.get("tool_calls") or ():
        function = call.get("function") or {}
        parts.append(tool_call(function.get("name"), function.get("arguments"), call.get("id")))
    return message(str(item.get("role") or role), parts)


def _time_ns(value: object) -> int | None:
    """Read a time as old programs give it: ISO 8601 text, a datetime, or seconds since the epoch."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):
        # AgentOps' own were UTC without saying so.
        value = (value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)).timestamp()
    return int(value * 1e9) if isinstance(value, (int, float)) and value > 0 else None


def track_agent(target: Any = None, name: str | None = None, **details: object) -> Any:
    """Record a class's methods, or a function, as an agent's runs; AgentOps' older name of ``agent``."""
    return _old_decorator(agent, target, name)


def track_tool(target: Any = None, tool_name: str | None = None, **details: object) -> Any:
    """Record a function's calls as a tool's; AgentOps' older name of ``tool``."""
    return _old_decorator(tool, target, tool_name)


def _old_decorator(decorator: Any, target: Any, name: str | None) -> Any:
    """Accept what both old and older versions did: bare, called, and with the name as the first argument."""
    if isinstance(target, str):
        return decorator(name=target)
    return decorator(name=name) if target is None else decorator(name=name)(target)
