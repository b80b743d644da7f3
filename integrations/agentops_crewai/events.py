"""What each of CrewAI's events means for the tree. They are told apart by ``type``, so none of their classes is needed.

Source: ``crewai.events.event_context``, which lists the events that open and close a scope, and
``crewai.events.types``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_crewai import model_calls

__all__ = ["ENDS", "MOMENTS", "STARTS", "End", "Start", "is_internal", "own_key"]

_LIMIT_NAME: Final = 80
"""Characters of a task's description that stand for its name when it has none."""
_MACHINERY: Final = ("crewai.agents.", "crewai.memory.", "crewai.experimental.")
"""Where CrewAI keeps the flows of which it is made itself: each agent's run is one, each recall another."""

_PRETENDED: Final = frozenset({"create_reasoning_plan"})
"""What CrewAI offers to the model as a tool so that it answers in a given form."""


@dataclass(frozen=True, slots=True)
class Start:
    """A run that begins, or something that has no duration."""

    kind: str
    name: str
    input: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """A run that ends. ``input`` is what is only known by then, ``asked`` the tools that a model's answer asks for.

    An ``error``, an exception or its text, leaves no room for the rest.
    """

    output: Any = None
    error: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    input: Any = None
    asked: list[tuple[str, Any, str | None]] | None = None


def is_internal(kind: str, source: Any) -> bool:
    """Whether an event of a flow tells of CrewAI's own machinery instead of a flow of the user's."""
    return kind.startswith(("flow_", "method_")) and type(source).__module__.startswith(_MACHINERY)


def own_key(source: Any, event: Any) -> object | None:
    """Return what a run is known by where CrewAI gives start and end a key of their own, or does not pair them."""
    if event.type.startswith("llm_call_"):
        return str(event.call_id)
    if event.type.startswith(("human_feedback_", "flow_input_")):
        return "human", id(source), event.method_name
    return None


# How runs begin


def _crew(source: Any, event: Any) -> Start:
    return Start(SpanKind.WORKFLOW, event.crew_name or "crew", event.inputs)


def _flow(source: Any, event: Any) -> Start | None:
    if is_internal(event.type, source):
        return None
    return Start(SpanKind.WORKFLOW, event.flow_name, event.inputs)


def _method(source: Any, event: Any) -> Start | None:
    if is_internal(event.type, source):
        return None
    return Start(SpanKind.OPERATION, event.method_name, event.params or None)


def _task(source: Any, event: Any) -> Start:
    task = event.task or source
    description = str(task.description or "").strip()
    given = {"description": description, "expected_output": task.expected_output, "context": event.context}
    return Start(SpanKind.TASK, task.name or _title(description), {key: value for key, value in given.items() if value})


def _agent(source: Any, event: Any) -> Start:
    agent = event.agent
    attributes = {GenAI.AGENT_ID: str(agent.id), GenAI.AGENT_DESCRIPTION: agent.goal}
    earlier = getattr(agent, "_times_executed", 0)
    if earlier:
        attributes[Attr.ATTEMPT] = earlier + 1
    return Start(SpanKind.AGENT, agent.role.strip(), event.task_prompt, attributes)


def _lite_agent(source: Any, event: Any) -> Start:
    agent = event.agent_info
    attributes = {GenAI.AGENT_ID: str(agent.get("id") or "") or None, GenAI.AGENT_DESCRIPTION: agent.get("goal")}
    return Start(SpanKind.AGENT, str(agent.get("role") or "agent").strip(), event.messages, attributes)


def _tool(source: Any, event: Any) -> Start | None:
    if event.tool_name in _PRETENDED:
        return None
    attributes = {Attr.ATTEMPT: event.run_attempts} if event.run_attempts > 1 else {}
    return Start(SpanKind.TOOL, event.tool_name, model_calls.plain(event.tool_args), attributes)


def _llm(source: Any, event: Any) -> Start:
    model_calls.reported_usage.set(None)
    messages = model_calls.input_messages(event.messages)
    return Start(SpanKind.LLM, event.model or "model", messages, model_calls.request(source, event))


def _guardrail(source: Any, event: Any) -> Start:
    kind = getattr(event, "guardrail_type", None)
    name = getattr(event, "guardrail_name", None) or kind or "guardrail"
    return Start(SpanKind.GUARDRAIL, _title(name), event.guardrail, {Attr.ATTEMPT: event.retry_count + 1})


def _reasoning(source: Any, event: Any) -> Start:
    return Start(SpanKind.OPERATION, "reasoning", None, {Attr.ATTEMPT: event.attempt})


def _human(source: Any, event: Any) -> Start:
    shown = {"message": event.message, "output": getattr(event, "output", None)}
    return Start(
        SpanKind.HUMAN,
        event.method_name or "feedback",
        {key: value for key, value in shown.items() if value is not None},
    )


def _a2a(source: Any, event: Any) -> Start:
    name = getattr(event, "a2a_agent_name", None) or event.endpoint
    attributes = {Attr.HANDOFF_FROM: event.agent_role, Attr.HANDOFF_TO: name}
    return Start(SpanKind.HANDOFF, name, event.task_description, attributes)


def _named(kind: str, name: str, *inputs: str) -> Callable[[Any, Any], Start]:
    """Return how a run begins that has no name of its own; the first of ``inputs`` that is given goes in."""

    def read(source: Any, event: Any) -> Start:
        given = (getattr(event, field, None) for field in inputs)
        return Start(kind, name, next((value for value in given if value is not None), None))

    return read


STARTS: Final[dict[str, Callable[[Any, Any], Start | None]]] = {
    "crew_kickoff_started": _crew,
    "crew_train_started": lambda source, event: Start(SpanKind.WORKFLOW, f"train {event.crew_name}", event.inputs),
    "crew_test_started": lambda source, event: Start(SpanKind.WORKFLOW, f"test {event.crew_name}", event.inputs),
    "flow_started": _flow,
    "method_execution_started": _method,
    "task_started": _task,
    "agent_execution_started": _agent,
    "lite_agent_execution_started": _lite_agent,
    "agent_evaluation_started": _named(SpanKind.OPERATION, "evaluation"),
    "agent_reasoning_started": _reasoning,
    "tool_usage_started": _tool,
    "mcp_connection_started": lambda source, event: Start(SpanKind.OPERATION, f"connect to {event.server_name}"),
    "mcp_tool_execution_started": lambda source, event: Start(
        SpanKind.OPERATION, f"{event.tool_name} on {event.server_name}", event.tool_args
    ),
    "llm_call_started": _llm,
    "llm_guardrail_started": _guardrail,
    "memory_retrieval_started": _named(SpanKind.MEMORY, "retrieve"),
    "memory_query_started": _named(SpanKind.MEMORY, "query", "query"),
    "memory_save_started": _named(SpanKind.MEMORY, "save", "value"),
    "knowledge_search_query_started": _named(SpanKind.RETRIEVER, "knowledge"),
    "knowledge_query_started": _named(SpanKind.OPERATION, "rewrite query", "task_prompt"),
    "a2a_delegation_started": _a2a,
    "human_feedback_requested": _human,
    "flow_input_requested": _human,
}


# How runs end


def _failed(event: Any) -> End:
    return End(error=event.error)


def _with(*outputs: str) -> Callable[[Any], End]:
    """Return how a run ends that gives these fields: one as it is, several by their names."""

    def read(event: Any) -> End:
        values = {name: getattr(event, name, None) for name in outputs}
        return End(output=_text(values[outputs[0]]) if len(outputs) == 1 else values)

    return read


def _tool_end(event: Any) -> End:
    failure = getattr(event, "failure", None)
    return End(_text(event.output), attributes={Attr.SWALLOWED_ERROR: getattr(failure, "message", None)})


def _llm_end(event: Any) -> End:
    finish_reason = getattr(event, "finish_reason", None)
    attributes = {
        **model_calls.usage(getattr(event, "usage", None) or model_calls.reported_usage.get()).attributes(),
        GenAI.RESPONSE_ID: getattr(event, "response_id", None),
        GenAI.RESPONSE_FINISH_REASONS: [finish_reason] if finish_reason else None,
    }
    asked = model_calls.asked_tools(event.response)
    return End(model_calls.output_messages(event.response, finish_reason), attributes=attributes, asked=asked or None)


def _guardrail_end(event: Any) -> End:
    attributes = {} if event.success else {Attr.SWALLOWED_ERROR: event.error}
    return End({"success": event.success, "result": _text(event.result), "error": event.error}, None, attributes)


def _a2a_end(event: Any) -> End:
    return End(error=event.error) if event.error else End(event.result)


def _knowledge_end(event: Any) -> End:
    return End(event.retrieved_knowledge, input=event.query)


ENDS: Final[dict[str, tuple[str, Callable[[Any], End]]]] = {
    "crew_kickoff_completed": ("crew_kickoff_started", _with("output")),
    "crew_kickoff_failed": ("crew_kickoff_started", _failed),
    "crew_train_completed": ("crew_train_started", _with("filename")),
    "crew_train_failed": ("crew_train_started", _failed),
    "crew_test_completed": ("crew_test_started", lambda event: End()),
    "crew_test_failed": ("crew_test_started", _failed),
    "flow_finished": ("flow_started", _with("result")),
    "flow_failed": ("flow_started", _failed),
    "flow_paused": ("flow_started", lambda event: End()),
    "method_execution_finished": ("method_execution_started", _with("result")),
    "method_execution_failed": ("method_execution_started", _failed),
    "method_execution_paused": ("method_execution_started", lambda event: End()),
    "task_completed": ("task_started", _with("output")),
    "task_failed": ("task_started", _failed),
    "agent_execution_completed": ("agent_execution_started", _with("output")),
    "agent_execution_error": ("agent_execution_started", _failed),
    "lite_agent_execution_completed": ("lite_agent_execution_started", _with("output")),
    "lite_agent_execution_error": ("lite_agent_execution_started", _failed),
    "agent_evaluation_completed": ("agent_evaluation_started", _with("metric_category", "score")),
    "agent_evaluation_failed": ("agent_evaluation_started", _failed),
    "agent_reasoning_completed": ("agent_reasoning_started", _with("plan", "ready")),
    "agent_reasoning_failed": ("agent_reasoning_started", _failed),
    "tool_usage_finished": ("tool_usage_started", _tool_end),
    "tool_usage_error": ("tool_usage_started", _failed),
    "mcp_connection_completed": ("mcp_connection_started", lambda event: End()),
    "mcp_connection_failed": ("mcp_connection_started", _failed),
    "mcp_tool_execution_completed": ("mcp_tool_execution_started", _with("result")),
    "mcp_tool_execution_failed": ("mcp_tool_execution_started", _failed),
    "llm_call_completed": ("llm_call_started", _llm_end),
    "llm_call_failed": ("llm_call_started", _failed),
    "llm_guardrail_completed": ("llm_guardrail_started", _guardrail_end),
    "llm_guardrail_failed": ("llm_guardrail_started", _failed),
    "memory_retrieval_completed": ("memory_retrieval_started", _with("memory_content")),
    "memory_retrieval_failed": ("memory_retrieval_started", _failed),
    "memory_query_completed": ("memory_query_started", _with("results")),
    "memory_query_failed": ("memory_query_started", _failed),
    "memory_save_completed": ("memory_save_started", _with("value")),
    "memory_save_failed": ("memory_save_started", _failed),
    "knowledge_search_query_completed": ("knowledge_search_query_started", _knowledge_end),
    "knowledge_search_query_failed": ("knowledge_search_query_started", _failed),
    "knowledge_query_completed": ("knowledge_query_started", _with("query")),
    "knowledge_query_failed": ("knowledge_query_started", _failed),
    "a2a_delegation_completed": ("a2a_delegation_started", _a2a_end),
    "human_feedback_received": ("human_feedback_requested", _with("feedback")),
    "flow_input_received": ("flow_input_requested", _with("response")),
}


# What has no duration


def _route(event: Any) -> Start:
    return Start(SpanKind.EVENT, f"route {event.route}", event.user_message)


MOMENTS: Final[dict[str, Callable[[Any], Start]]] = {
    "conversation_route_selected": _route,
    "method_execution_paused": lambda event: Start(SpanKind.HUMAN, event.method_name, {"message": event.message}),
    "checkpoint_completed": lambda event: Start(SpanKind.EVENT, "checkpoint"),
}


def _title(text: str) -> str:
    """Return the first line of a text, cut to the length of a name."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _LIMIT_NAME else f"{line[: _LIMIT_NAME - 1].rstrip()}…"


def _text(output: Any) -> Any:
    """Return what a task or crew answered; what CrewAI wraps around it repeats the question."""
    raw = getattr(output, "raw", None)
    return raw if isinstance(raw, str) else output
