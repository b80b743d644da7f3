"""Why a span stands where and as it does: who recorded it, how it was understood, what was mended or left out."""

from typing import Any, Final

from agentops.semconv import Span as SpanName
from agentops.semconv import SpanStatus
from agentops_dashboard.reader import Session, Span
from agentops_dashboard.reader.outline import Outline

__all__ = ["reasons_of"]

_CONVENTIONS: Final = (
    ("gen_ai.", "OpenTelemetry GenAI"), ("openinference.", "OpenInference"), ("llm.", "OpenInference"),
    ("traceloop.", "OpenLLMetry"), ("agentops.", "AgentOps"), ("ai.", "Vercel AI SDK"), ("logfire.", "Logfire"),
)  # fmt: skip


def reasons_of(session: Session, outline: Outline, span: Span, place: int) -> list[str]:
    """Why the span stands where and as it does."""
    attributes = span["attributes"]
    is_native = span["seq"] is not None
    reasons = []
    if is_native:
        reasons.append(
            f"Recorded by {'the ' + span['origin'] + ' integration' if span['origin'] else 'the program itself'}."
        )
    else:
        reasons.append(f"An OpenTelemetry span{' of the scope ' + span['origin'] if span['origin'] else ''}.")
    reasons.append(f"Understood as: {_convention(attributes, is_native=is_native)}.")
    if place >= 0 and span["id"] in outline.index.detached:
        reasons.append(
            f"Its parent {span['parent_id']} never arrived, so it stands below “Detached”, after all others."
        )
    if attributes.get(SpanName.OUTLIVED_PARENT):
        reasons.append("It went on after its parent had ended; its own times are kept.")
    if span["status"] == SpanStatus.UNFINISHED:
        reasons.append("It was still open when its session ended, and was closed then.")
    if attributes.get(SpanName.REDACTED):
        reasons.append("A span filter changed or took out some of its content before it was written.")
    elif session["redactions"]:
        reasons.append(f"In this session {session['redactions']:,} spans were changed by span filters.")
    return reasons


def _convention(attributes: dict[str, Any], *, is_native: bool) -> str:
    if is_native:
        return "agentops"
    found = [name for prefix, name in _CONVENTIONS if any(key.startswith(prefix) for key in attributes)]
    return ", ".join(found) or "no convention for agents that is known here; its name and times are all there is"
