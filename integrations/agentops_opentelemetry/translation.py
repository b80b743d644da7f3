"""A foreign span's attributes and events under our names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agentops.messages import Usage
from agentops.semconv import Foreign, GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_opentelemetry.conversations import Event, input_messages, output_messages, parsed, plain_text
from agentops_opentelemetry.kinds import INVOCATION_PARAMETERS, requested_model

__all__ = ["Reading", "read", "request_facts"]

Attributes = Mapping[str, Any]

_INPUT_TOKENS: Final = (GenAI.USAGE_INPUT_TOKENS, Foreign.PROMPT_TOKENS, "llm.token_count.prompt")
_OUTPUT_TOKENS: Final = (GenAI.USAGE_OUTPUT_TOKENS, Foreign.COMPLETION_TOKENS, "llm.token_count.completion")
_CACHE_READ: Final = (
    GenAI.USAGE_CACHE_READ,
    Foreign.CACHE_READ_TOKENS,
    "llm.token_count.prompt_details.cache_read",
)
_CACHE_CREATION: Final = (
    GenAI.USAGE_CACHE_CREATION,
    Foreign.CACHE_CREATION_TOKENS,
    Foreign.CACHE_WRITE_TOKENS,
    "llm.token_count.prompt_details.cache_write",
)
_REASONING: Final = (
    GenAI.USAGE_REASONING,
    Foreign.REASONING_TOKENS,
    "llm.token_count.completion_details.reasoning",
)
_OURS: Final = {
    Foreign.SYSTEM: GenAI.PROVIDER_NAME,
    "llm.provider": GenAI.PROVIDER_NAME,
    "llm.system": GenAI.PROVIDER_NAME,
    "llm.model_name": GenAI.REQUEST_MODEL,
    "embedding.model_name": GenAI.REQUEST_MODEL,
    "llm.is_streaming": GenAI.REQUEST_STREAM,
    "session.id": GenAI.CONVERSATION_ID,
    "tool.description": GenAI.TOOL_DESCRIPTION,
    "tool_call.id": GenAI.TOOL_CALL_ID,
    Foreign.TIME_TO_FIRST_CHUNK: GenAI.RESPONSE_TIME_TO_FIRST_CHUNK,
}
"""Names of others that mean the same as one of ours."""
_LEFT_OUT: Final = (
    Foreign.PROMPT,
    Foreign.COMPLETION,
    Foreign.USAGE,
    Foreign.AGGREGATED_USAGE,
    Foreign.EVENT_TIMES,
    Foreign.FIRST_TOKEN_MS,
    GenAI.INPUT_MESSAGES,
    GenAI.OUTPUT_MESSAGES,
    GenAI.TOOL_CALL_ARGUMENTS,
    GenAI.TOOL_CALL_RESULT,
    GenAI.OPERATION_NAME,
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.prompts.",
    "llm.token_count.",
    "llm.tools.",
    INVOCATION_PARAMETERS,
    "llm.usage.",
    "llm.request.type",
    "input.",
    "output.",
    "tool.parameters",
    "retrieval.documents.",
    "openinference.",
    "traceloop.",
    "logfire.",
    Foreign.HEADERS,
    Foreign.TASK,
    "system_prompt",
)
"""What is read into something of ours, or repeats it. It would slip past the content mode under its own name."""
_JSON: Final = {GenAI.SYSTEM_INSTRUCTIONS, GenAI.TOOL_DEFINITIONS, GenAI.RESPONSE_FINISH_REASONS}
_INPUTS: Final = (GenAI.TOOL_CALL_ARGUMENTS, Attr.INPUT, "tool.parameters", "traceloop.entity.input")
_OUTPUTS: Final = (GenAI.TOOL_CALL_RESULT, Attr.OUTPUT, "traceloop.entity.output")
_SPENDING: Final = {SpanKind.LLM, SpanKind.EMBEDDING}


@dataclass(slots=True)
class Reading:
    """What a foreign span says."""

    attributes: dict[str, Any]
    input: object = None
    output: object = None


def read(kind: str, attributes: Attributes, events: Sequence[Event], hidden: Sequence[str] = ()) -> Reading:
    """Read a span that has ended.

    Args:
        kind: Its kind in our tree.
        attributes: Its attributes, as they were set.
        events: Its events, in order.
        hidden: Beginnings of further names to leave out, which repeat what others say.
    """
    asked, answered = input_messages(attributes, events), output_messages(attributes, events)
    facts = request_facts(attributes, hidden)
    if kind in _SPENDING:
        facts |= _usage(attributes)
        first_token_ms = attributes.get(Foreign.FIRST_TOKEN_MS)
        if isinstance(first_token_ms, int | float):
            facts[GenAI.RESPONSE_TIME_TO_FIRST_CHUNK] = first_token_ms / 1000
    if kind == SpanKind.LLM:
        return Reading(facts, asked or _as_said(attributes, _INPUTS), answered or _as_said(attributes, _OUTPUTS))
    given, gave = _as_said(attributes, _INPUTS), _as_said(attributes, _OUTPUTS)
    from_messages = _said_in if kind == SpanKind.TOOL else plain_text
    return Reading(
        facts,
        from_messages(asked) if given is None else given,
        from_messages(answered) if gave is None else gave,
    )


def request_facts(attributes: Attributes, hidden: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is no content and no usage, under our names where there are some."""
    left_out = (*_LEFT_OUT, *hidden)
    facts: dict[str, Any] = {}
    model = requested_model(attributes)
    if model is not None:
        facts[GenAI.REQUEST_MODEL] = model
    for name, value in attributes.items():
        ours = _OURS.get(name)
        if name == "llm.finish_reason":
            facts.setdefault(GenAI.RESPONSE_FINISH_REASONS, (value,))
        elif name == "llm.model_name" and model is not None:
            facts[GenAI.RESPONSE_MODEL] = value
        elif ours is not None:
            facts.setdefault(ours, value)
        elif not name.startswith(left_out):
            facts[name] = parsed(value) if name in _JSON else value
    return facts


def _usage(attributes: Attributes) -> dict[str, object]:
    return Usage(
        input_tokens=_first(attributes, _INPUT_TOKENS),
        output_tokens=_first(attributes, _OUTPUT_TOKENS),
        cache_read=_first(attributes, _CACHE_READ),
        cache_creation=_first(attributes, _CACHE_CREATION),
        reasoning=_first(attributes, _REASONING),
    ).attributes()


def _as_said(attributes: Attributes, names: Sequence[str]) -> Any:
    return _unwrapped(parsed(_first(attributes, names)))


def _unwrapped(value: Any) -> Any:
    """Return what somebody gave or got, out of what OpenLLMetry tells beside it of a LangChain run."""
    if isinstance(value, dict) and "kwargs" in value:
        for name in ("inputs", "input_str", "outputs", "output"):
            if value.get(name) is not None:
                return _content(value[name])
    return value


def _content(value: Any) -> Any:
    """Return what a message of LangChain's says, if this is one as LangChain writes it down."""
    is_message = isinstance(value, dict) and value.get("type") == "constructor"
    return value["kwargs"].get("content") if is_message and isinstance(value.get("kwargs"), dict) else value


def _first(attributes: Attributes, names: Sequence[str]) -> Any:
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


def _said_in(messages: list[dict[str, Any]]) -> object:
    """Return a tool's arguments or result from the message that carries it."""
    for part in messages[-1]["parts"] if messages else ():
        for name in ("arguments", "response"):
            if part.get(name) is not None:
                return part[name]
    found = plain_text(messages)
    return parsed(found)
