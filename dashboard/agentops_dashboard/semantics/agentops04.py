"""What the AgentOps SDK 0.4 sends: its own names over the older GenAI ones."""

from collections.abc import Mapping
from typing import Any

from agentops.semconv import Session as SessionName
from agentops.semconv import Span as SpanName
from agentops.semconv import SpanKind, State
from agentops_dashboard.semantics.convention import Convention
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.semantics.values import as_data, as_strings, as_text

__all__ = ["AGENTOPS_04"]

_END_STATES = {
    "success": State.SUCCESS, "ok": State.SUCCESS, "fail": State.ERROR, "failed": State.ERROR, "error": State.ERROR,
    "indeterminate": State.INDETERMINATE, "unset": State.INDETERMINATE, "shutdown": State.INDETERMINATE,
    "unknown": State.INDETERMINATE,
}  # fmt: skip
_METADATA = "trace.metadata."


def _finish(record: SpanRecord, attributes: Mapping[str, Any]) -> None:
    sent_kind = str(attributes.get(SpanName.KIND) or "").lower()
    if record.input is None:
        record.input = _content(attributes, sent_kind, "input", "tool.parameters")
    if record.output is None:
        record.output = _content(attributes, sent_kind, "output", "tool.result")
    record.tags += [tag for tag in as_strings(attributes.get(SessionName.TAGS)) if tag not in record.tags]
    if record.kind == SpanKind.AGENT and record.agent is None:
        record.agent = as_text(attributes.get("operation.name")) or record.name.removesuffix(".agent")
    if record.kind == SpanKind.TOOL and record.tool is None:
        record.tool = as_text(attributes.get("operation.name")) or record.name.removesuffix(".tool")
    if record.parent_id is None:
        _root(record, attributes)
    if record.error_message is None and attributes.get("error.message"):
        record.error_message = as_text(attributes["error.message"])


def _root(record: SpanRecord, attributes: Mapping[str, Any]) -> None:
    state = str(attributes.get("agentops.session.end_state") or "").lower()
    record.facts.state = _END_STATES.get(state.removeprefix("tracestate."))
    record.facts.name = as_text(attributes.get("operation.name")) or record.name.rsplit(".", 1)[0]
    metadata = {key[len(_METADATA) :]: value for key, value in attributes.items() if key.startswith(_METADATA)}
    if metadata:
        record.facts.metadata = metadata


def _content(attributes: Mapping[str, Any], kind: str, side: str, other: str) -> Any:
    names = (f"agentops.entity.{side}", f"agentops.{kind}.{side}", f"workflow.{side}", other)
    return next((as_data(attributes[name]) for name in names if attributes.get(name) is not None), None)


AGENTOPS_04 = Convention(
    name="agentops-0.4",
    fields={
        "agent.name": "agent",
        "from_agent": "agent",
        "tool.name": "tool",
        "gen_ai.usage.total_cost": "cost_nano",
        "gen_ai.streaming.time_to_first_token": "first_token_ns",
    },
    kind_attribute=SpanName.KIND,
    kinds={
        "workflow": SpanKind.WORKFLOW,
        "session": SpanKind.SESSION,
        "task": SpanKind.TASK,
        "operation": SpanKind.OPERATION,
        "agent": SpanKind.AGENT,
        "tool": SpanKind.TOOL,
        "tool.usage": SpanKind.TOOL,
        "llm": SpanKind.LLM,
        "llm.call": SpanKind.LLM,
        "request": SpanKind.LLM,
        "chain": SpanKind.CHAIN,
        "text": SpanKind.OPERATION,
        "guardrail": SpanKind.GUARDRAIL,
        "http": SpanKind.OPERATION,
        "unknown": SpanKind.OPERATION,
        "agent.action": SpanKind.OPERATION,
        "agent.thinking": SpanKind.OPERATION,
        "agent.decision": SpanKind.OPERATION,
        "workflow.step": SpanKind.TASK,
        "evaluate": SpanKind.OPERATION,
    },
    prefixes=(
        "agentops.", "agent.", "tool.", "workflow.", "operation.", "trace.", "span.", "parent.", "group.", "langchain.",
        "crewai.", "langgraph.", "team.", "adk.", "error.", "instrumentation.",
    ),
    consumed=(
        "agentops.entity.input", "agentops.entity.output", "workflow.input", "workflow.output", "tool.parameters",
        "tool.result",
    ),
    finish=_finish,
)  # fmt: skip
