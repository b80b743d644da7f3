"""The SDK's kinds of span data, and what each becomes in our tree."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from agentops import Span
from agentops.chat_format import (
    chat_messages,
    field_of,
    response_finish_reason,
    response_message,
    response_messages,
    usage_of,
)
from agentops.messages import Message, Usage, message, text
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr

__all__ = [
    "Ending",
    "Start",
    "ending_of",
    "reasons_of",
    "request_attributes",
    "response_id_of",
    "start_of",
    "usage_attributes",
]

Attributes = dict[str, Any]
_MADE_UP_ID: Final = "__fake_id__"
_REQUEST: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_output_tokens": GenAI.REQUEST_MAX_TOKENS,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
}


@dataclass(slots=True)
class Start:
    """What is known of a span when it starts."""

    kind: str
    name: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(slots=True)
class Ending:
    """What is known of a span only when it ends."""

    name: str | None = None
    input: object = None
    output: object = None
    attributes: Attributes = field(default_factory=dict)


def start_of(data: Any) -> Start:
    """Return kind, name and attributes for a span that starts."""
    start = _STARTS.get(data.type)
    if start is not None:
        return start(data)
    return Start(SpanKind.OPERATION, str(field_of(data, "name") or data.type))


def ending_of(data: Any, span: Span) -> Ending:
    """Return what the SDK has filled in meanwhile."""
    end = _ENDINGS.get(data.type)
    return end(data, span) if end is not None else Ending(output=field_of(data, "data") or None)


def request_attributes(settings: Any) -> Attributes:
    """Return the attributes for a model's settings, a dictionary or an object; those not set are left out."""
    found = {attribute: field_of(settings, name) for name, attribute in _REQUEST.items()}
    return {name: value for name, value in found.items() if value is not None}


def _response_attributes(response: Any) -> Attributes:
    """Return the attributes for a reply of the Responses API."""
    return {
        GenAI.RESPONSE_MODEL: field_of(response, "model"),
        GenAI.RESPONSE_ID: field_of(response, "id"),
        GenAI.RESPONSE_FINISH_REASONS: reasons_of(response),
        GenAI.SYSTEM_INSTRUCTIONS: [text(value)] if (value := field_of(response, "instructions")) else None,
        GenAI.TOOL_DEFINITIONS: [_plain(tool) for tool in field_of(response, "tools") or ()] or None,
        **request_attributes(response),
        **usage_attributes(field_of(response, "usage")),
    }


def reasons_of(response: Any) -> list[str] | None:
    """Return the finish reason as the attribute wants it."""
    reason = response_finish_reason(response)
    return [reason] if reason is not None else None


def response_id_of(value: str | None) -> str | None:
    """Return a reply's id, unless the SDK has made one up for want of any."""
    return None if value == _MADE_UP_ID else value


def _plain(value: Any) -> object:
    return value.model_dump(exclude_none=True) if hasattr(value, "model_dump") else value


def usage_attributes(usage: Any) -> dict[str, object]:
    """Return usage attributes. All zeros is what the SDK says when the provider has said nothing."""
    read = usage_of(usage)
    if not read.input_tokens and not read.output_tokens:
        return {}
    # The SDK fills in zeros for classes that the provider does not report; an unreported class is none.
    return Usage(
        read.input_tokens,
        read.output_tokens,
        read.cache_read or None,
        read.cache_creation or None,
        read.reasoning or None,
    ).attributes()


def _agent(data: Any) -> Start:
    return Start(SpanKind.AGENT, data.name)


def _tool(data: Any) -> Start:
    return Start(SpanKind.TOOL, data.name)


def _tool_ending(data: Any, span: Span) -> Ending:
    arguments: object = data.input
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments) if arguments else {}
        except ValueError:
            arguments = data.input
    server = (data.mcp_data or {}).get("server")
    return Ending(
        input=arguments, output=data.output, attributes={GenAI.TOOL_TYPE: "extension" if server else "function"}
    )


def _generation(data: Any) -> Start:
    attributes: Attributes = {GenAI.REQUEST_MODEL: data.model, **request_attributes(data.model_config)}
    return Start(SpanKind.LLM, data.model or "model", attributes)


def _generation_ending(data: Any, span: Span) -> Ending:
    ending = Ending(attributes=usage_attributes(data.usage))
    if data.input is not None:
        ending.input = chat_messages(data.input)
    output = list(data.output or ())
    if len(output) == 1 and field_of(output[0], "output") is not None:
        ending.output = [response_message(field_of(output[0], "output"), response_finish_reason(output[0]))]
        ending.attributes |= {
            GenAI.RESPONSE_ID: response_id_of(field_of(output[0], "id")),
            GenAI.RESPONSE_FINISH_REASONS: reasons_of(output[0]),
        }
    elif output:
        ending.output = chat_messages(output)
    return ending


def _response(data: Any) -> Start:
    return Start(SpanKind.LLM, "model")


def _response_ending(data: Any, span: Span) -> Ending:
    ending = Ending(attributes=usage_attributes(data.usage))
    if data.input is not None:
        ending.input = response_messages(data.input)
    if data.response is not None:
        ending.attributes |= _response_attributes(data.response)
        ending.output = [response_message(data.response.output, response_finish_reason(data.response))]
        if span.name == "model":
            ending.name = str(data.response.model)
    return ending


def _handoff(data: Any) -> Start:
    attributes = {Attr.HANDOFF_FROM: data.from_agent, Attr.HANDOFF_TO: data.to_agent}
    return Start(SpanKind.HANDOFF, data.to_agent or "handoff", attributes)


def _handoff_ending(data: Any, span: Span) -> Ending:
    return Ending(name=data.to_agent, attributes={Attr.HANDOFF_FROM: data.from_agent, Attr.HANDOFF_TO: data.to_agent})


def _guardrail(data: Any) -> Start:
    return Start(SpanKind.GUARDRAIL, data.name)


def _guardrail_ending(data: Any, span: Span) -> Ending:
    return Ending(output={"tripwire_triggered": bool(data.triggered)})


def _custom(data: Any) -> Start:
    return Start(SpanKind.OPERATION, data.name)


def _tool_list(data: Any) -> Start:
    return Start(SpanKind.OPERATION, f"list tools of {data.server or 'MCP server'}")


def _tool_list_ending(data: Any, span: Span) -> Ending:
    return Ending(output=data.result)


def _voice(data: Any) -> Start:
    return Start(SpanKind.LLM, data.model or data.type, {GenAI.REQUEST_MODEL: data.model})


def _transcription_ending(data: Any, span: Span) -> Ending:
    said: list[Message] | None = [message("assistant", data.output)] if data.output else None
    return Ending(output=said, attributes={GenAI.OUTPUT_TYPE: "text"})


def _speech_ending(data: Any, span: Span) -> Ending:
    spoken: list[Message] | None = [message("user", data.input)] if data.input else None
    return Ending(input=spoken, attributes={GenAI.OUTPUT_TYPE: "speech"})


def _speech_group_ending(data: Any, span: Span) -> Ending:
    return Ending(input=data.input)


_STARTS: Final[dict[str, Callable[[Any], Start]]] = {
    "agent": _agent,
    "function": _tool,
    "generation": _generation,
    "response": _response,
    "handoff": _handoff,
    "guardrail": _guardrail,
    "custom": _custom,
    "mcp_tools": _tool_list,
    "speech": _voice,
    "transcription": _voice,
}
_ENDINGS: Final[dict[str, Callable[[Any, Span], Ending]]] = {
    "agent": lambda data, span: Ending(),
    "function": _tool_ending,
    "generation": _generation_ending,
    "response": _response_ending,
    "handoff": _handoff_ending,
    "guardrail": _guardrail_ending,
    "mcp_tools": _tool_list_ending,
    "speech": _speech_ending,
    "speech_group": _speech_group_ending,
    "transcription": _transcription_ending,
}
