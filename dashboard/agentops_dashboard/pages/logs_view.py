"""What a session's spans logged, in the order of time: their events, spans that are events, and what was printed."""

from operator import itemgetter
from typing import Any, Final

from agentops.semconv import Span as SpanName
from agentops.semconv import SpanKind
from agentops_dashboard import format as write
from agentops_dashboard.pages.content import as_text
from agentops_dashboard.reader import Reader, Session, Span
from agentops_dashboard.reader.outline import Outline

__all__ = ["SPANS_AT_ONCE", "logs_view"]

SPANS_AT_ONCE: Final = 1000
_TEXTS: Final = ("message", "body", "event.body", "log.body", "text", "content", SpanName.EXCEPTION_MESSAGE)
_LEVELS: Final = ("level", "severity", "severity_text", "log.severity")


def logs_view(reader: Reader, session: Session, outline: Outline, offset: int) -> dict[str, Any]:
    """The entries of the spans ``offset``… by start, at most ``SPANS_AT_ONCE`` of them, and all that was printed."""
    by_start = sorted(range(len(outline)), key=outline.column("start_ns").__getitem__)
    window = sorted(by_start[offset : offset + SPANS_AT_ONCE])
    entries = [
        entry
        for span in reader.outlines.with_payloads(outline, window)
        for entry in _entries(span, session["start_ns"])
    ]
    end = offset + SPANS_AT_ONCE
    return {
        "entries": sorted(entries, key=itemgetter("time_ns")),
        "printed": reader.logs(session["id"]),
        "offset": offset,
        "shown_spans": min(end, len(outline)),
        "all_spans": len(outline),
        "next_offset": end if end < len(outline) else None,
    }


def _entries(span: Span, start_ns: int) -> list[dict[str, Any]]:
    found = [
        _entry(span, start_ns, event["time_ns"], str(event["name"]), event.get("attributes") or {})
        for event in span["events"]
    ]
    if span["kind"] == SpanKind.EVENT:
        said = {name: span[name] for name in ("input", "output") if span[name] is not None}
        found.append(_entry(span, start_ns, span["start_ns"], span["name"], said))
    return found


def _entry(span: Span, start_ns: int, time_ns: int, name: str, values: dict[str, Any]) -> dict[str, Any]:
    is_failure = name == SpanName.EVENT_EXCEPTION
    text = next((as_text(values[key]) for key in _TEXTS if values.get(key)), None)
    if is_failure:
        text = ": ".join(
            as_text(values[key]) for key in (SpanName.EXCEPTION_TYPE, SpanName.EXCEPTION_MESSAGE) if values.get(key)
        )
    elif text is None:
        text = "  ".join(f"{key}={write.one_line(as_text(value), 80)}" for key, value in values.items())
    return {
        "time_ns": time_ns,
        "offset": write.duration((time_ns - start_ns) / 1e6) if time_ns > start_ns else "0",
        "name": name,
        "text": text,
        "level": "error" if is_failure else str(next((values[key] for key in _LEVELS if values.get(key)), "")),
        "is_failure": is_failure,
        "facts": [(key, as_text(value)) for key, value in values.items() if value is not None],
        "span": {"id": span["id"], "kind": span["kind"], "name": span["name"], "agent": span["agent"]},
    }
