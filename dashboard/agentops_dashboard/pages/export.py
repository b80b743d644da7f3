"""The list of sessions as files: for spreadsheets, programs, evaluations and other collectors."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from agentops_dashboard.derived.ends import asked_and_answered
from agentops_dashboard.derived.model_calls import SessionWithCalls
from agentops_dashboard.pages.content import as_json
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.rows import flat
from agentops_dashboard.transfer import session_lines

__all__ = ["csv_lines", "example_lines", "json_text", "otlp_lines"]

_ABOUT: Final = ("name", "state", "start_time", "tags", "user", "environment", "release", "score", "note")
_COLUMNS: Final = (
    "id", "name", "state", "start_time", "end_time", "last_time", "duration_ms", "user", "environment", "service",
    "release", "host", "tags", "bookmarked", "score", "note", "turns", "frameworks", "models", "spans", "agents", "llm",
    "tools", "errors", "swallowed", "llm_p50_ms", "llm_p95_ms", "first_token_ms", "first_output_ms",
    "input_tokens", "output_tokens", "cached_tokens", "total_tokens", "cost_usd", "complete", "missing", "first_input",
)  # fmt: skip


def csv_lines(sessions: Iterable[SessionWithCalls]) -> Iterator[str]:
    """CSV with a header. What a spreadsheet would take for a formula gets an apostrophe in front."""
    yield _csv_line(_COLUMNS)
    for session in sessions:
        values = flat(session)
        values["cost_usd"] = f"{session['cost']['amount']:.9f}" if session["cost"] else None
        yield _csv_line(_cell(values.get(name)) for name in _COLUMNS)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return "'" + text if isinstance(value, str | list) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv_line(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def json_text(sessions: Iterable[SessionWithCalls]) -> Iterator[str]:
    """``{"sessions": […]}``, one session a line."""
    yield '{"sessions": [\n'
    is_first = True
    for session in sessions:
        yield ("" if is_first else ",\n") + orjson.dumps(session, default=as_json).decode()
        is_first = False
    yield "\n]}\n"


def example_lines(reader: Reader, sessions: Iterable[Session]) -> Iterator[str]:
    """Sessions as examples for an evaluation: ``{"input", "output", "metadata"}`` each, one a line.

    Input and output are whole, of the outermost spans that have any; null where none has. ``metadata`` holds the
    session's id, name, state, start, tags, user, environment, release, score and note.
    """
    for session in sessions:
        asked, answered = asked_and_answered(reader, session["id"])
        values: dict[str, Any] = {**session}
        about = {"session_id": session["id"], **{name: values[name] for name in _ABOUT}}
        example = {"input": asked, "output": answered, "metadata": about}
        yield orjson.dumps(example, default=as_json, option=orjson.OPT_APPEND_NEWLINE).decode()


def otlp_lines(reader: Reader, sessions: Iterable[Session]) -> Iterator[bytes]:
    """Whole sessions as OTLP/JSON lines, as ``agentops import`` and other collectors read them."""
    for session in sessions:
        yield from session_lines(reader, session)
