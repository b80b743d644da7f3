"""The keys of the query language, and how their values are read."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Final

from agentops.semconv import SPAN_KINDS, SPAN_STATUSES, State
from agentops_dashboard.query.ast import Value
from agentops_dashboard.query.error import QueryError
from agentops_dashboard.semantics.record import FARTHEST_NS

__all__ = ["SESSION_FIELDS", "SPAN_FIELDS", "STATES", "Field", "by_name", "find", "nearest", "read_time", "read_value"]

STATES: Final = tuple(value for name, value in vars(State).items() if name.isupper())
_STATE_ALIASES: Final = {
    "failed": "error", "fail": "error", "failure": "error", "completed": "success", "ok": "success", "done": "success",
    "canceled": "cancelled", "waiting": "paused", "live": "running", "killed": "abandoned", "crashed": "abandoned",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A key of the query language.

    Attributes:
        name: What the user writes.
        kind: How values are read: ``text choice number money duration time``.
        help: One line for completion.
        choices: The allowed values of a ``choice``.
        aliases: Other spellings of the name.
        has_members: Whether ``name.member`` is meant (metadata).
    """

    name: str
    kind: str
    help: str
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    has_members: bool = False


_HAS = (
    "agent", "cost", "end", "error", "input", "llm", "metadata", "note", "output", "parent", "score", "swallowed",
    "tag", "tokens", "tool", "user", "human",
)  # fmt: skip
_IS = ("bookmarked", "complete", "incomplete", "live", "ended", "nested", "unpriced")

SESSION_FIELDS: Final = (
    Field("status", "choice", "How the session stands or ended", STATES, aliases=("state",)),
    Field("tag", "text", "Has this tag", aliases=("tags",)),
    Field("name", "text", "Session name"),
    Field("user", "text", "User id", aliases=("user.id",)),
    Field("environment", "text", "Deployment environment", aliases=("env",)),
    Field("service", "text", "Service that recorded it"),
    Field("release", "text", "Release of the program", aliases=("version", "service.version")),
    Field("framework", "text", "Framework in use", aliases=("frameworks",)),
    Field("host", "text", "Machine that recorded it"),
    Field("id", "text", "Session id", aliases=("session", "session.id")),
    Field("parent", "text", "Id of the session that it was started in"),
    Field("agent", "text", "An agent of this name took part", aliases=("agent.name",)),
    Field("tool", "text", "A tool of this name was called", aliases=("tool.name",)),
    Field("model", "text", "A model of this name was called"),
    Field("error", "text", "An error of this type occurred", aliases=("error.type",)),
    Field("fingerprint", "text", "A failure of this pattern began", aliases=("error.fingerprint",)),
    Field("duration", "duration", "From start to end: 300ms, 2m, 1h"),
    Field("waiting", "duration", "Time spent waiting for people"),
    Field("cost", "money", "US dollars"),
    Field("tokens", "number", "All tokens: 500, 12k, 1.5M"),
    Field("input_tokens", "number", "Input tokens", aliases=("tokens.input",)),
    Field("output_tokens", "number", "Output tokens", aliases=("tokens.output",)),
    Field("llm", "number", "LLM calls", aliases=("llm_calls",)),
    Field("tools", "number", "Tool calls", aliases=("tool_calls",)),
    Field("agents", "number", "Agents that took part"),
    Field("errors", "number", "Errors, each counted where it began"),
    Field("swallowed", "number", "Errors that tools returned as results"),
    Field("spans", "number", "Spans of all kinds", aliases=("events",)),
    Field("turns", "number", "Traces that the session is made of", aliases=("traces",)),
    Field("missing", "number", "Spans that are known to be lost"),
    Field("start", "time", "When it started: 2026-01-31, 2026-01-31T09:00, 24h (ago)", aliases=("started",)),
    Field("metadata", "text", "A value of the metadata: metadata.region:eu", aliases=("meta",), has_members=True),
    Field("score", "choice", "What a person thought of it", ("down", "up")),
    Field("has", "choice", "Has a value for this", _HAS),
    Field("is", "choice", "Is of this sort", _IS),
)

SPAN_FIELDS: Final = (
    Field("kind", "choice", "Kind of span", tuple(sorted(SPAN_KINDS))),
    Field("status", "choice", "How the span stands or ended", tuple(sorted(SPAN_STATUSES)), aliases=("state",)),
    Field("name", "text", "Span name"),
    Field("agent", "text", "Agent name", aliases=("agent.name",)),
    Field("tool", "text", "Tool name", aliases=("tool.name",)),
    Field("model", "text", "Model name", aliases=("model.name",)),
    Field("provider", "text", "Provider of the model"),
    Field("error", "text", "Error type", aliases=("error.type",)),
    Field("message", "text", "Error message", aliases=("error.message",)),
    Field("fingerprint", "text", "Pattern of the failure", aliases=("error.fingerprint",)),
    Field("duration", "duration", "From start to end: 300ms, 2m, 1h"),
    Field("cost", "money", "US dollars"),
    Field("tokens", "number", "All tokens"),
    Field("input_tokens", "number", "Input tokens", aliases=("tokens.input",)),
    Field("output_tokens", "number", "Output tokens", aliases=("tokens.output",)),
    Field("attempt", "number", "Number of the attempt"),
    Field("finish", "text", "Why the model stopped: stop, length, tool_calls"),
)

_UNITS_NS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "min": 60_000_000_000,
    "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000,
}  # fmt: skip
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|min|s|m|h|d|w))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|min|s|m|h|d|w)")
_NUMBER = re.compile(r"(\d{1,15}(?:\.\d{1,12})?)([kKmM]?)")
_MONEY = re.compile(r"\$?(\d{1,9}(?:\.\d{1,12})?)")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def find(name: str, table: Mapping[str, Field]) -> tuple[Field, str | None] | None:
    """Find a key, dotted members included."""
    lowered = name.lower()
    field = table.get(lowered)
    if field is not None:
        return (field, None) if not field.has_members else None
    head, dot, member = name.partition(".")
    field = table.get(head.lower())
    return (field, member) if field is not None and field.has_members and dot and member else None


def by_name(fields: Iterable[Field]) -> dict[str, Field]:
    """Fields by every spelling."""
    return {name: field for field in fields for name in (field.name, *field.aliases)}


def read_value(field: Field, text: str, position: int, now_ns: int) -> Value:
    """Read a value in the field's unit.

    Raises:
        QueryError: The text is no such value.
    """
    if field.kind == "text":
        return text
    if field.kind == "choice":
        return _choice(field, text, position)
    readers = {"number": _number, "money": _money, "duration": _duration, "time": read_time}
    value = readers[field.kind](text, now_ns)
    if value is None:
        examples = {"number": "20 or 1.5k", "money": "0.5", "duration": "300ms, 2m or 1h", "time": "2026-01-31 or 24h"}
        raise QueryError(
            f"{field.name} needs a value such as {examples[field.kind]}, not {text!r}.", position, len(text)
        )
    return value


def _choice(field: Field, text: str, position: int) -> str:
    lowered = text.lower()
    if lowered in field.choices:
        return lowered
    if field.choices is STATES and lowered in _STATE_ALIASES:
        return _STATE_ALIASES[lowered]
    near = nearest(lowered, (*field.choices, *_STATE_ALIASES) if field.choices is STATES else field.choices)
    hint = f"Did you mean {near!r}?" if near else f"It is one of: {', '.join(field.choices)}."
    raise QueryError(f"{field.name} knows no {text!r}. {hint}", position, len(text), near)


def _number(text: str, _now_ns: int) -> int | float | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    value = Decimal(match[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2].lower()]
    if value >= FARTHEST_NS:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _money(text: str, _now_ns: int) -> int | None:
    match = _MONEY.fullmatch(text)
    return None if match is None else int(Decimal(match[1]) * 1_000_000_000)


def _duration(text: str, _now_ns: int) -> int | None:
    if _NUMBER.fullmatch(text) and text[-1:].isdigit():
        text += "s"
    if len(text) > 40 or not _DURATION.fullmatch(text):
        return None
    total = sum(int(Decimal(number) * _UNITS_NS[unit]) for number, unit in _DURATION_PART.findall(text))
    return total if total < FARTHEST_NS else None


def read_time(text: str, now_ns: int) -> int | None:
    """Read a date, a time (UTC unless it says otherwise), or a duration ago, as nanoseconds since the epoch."""
    ago = _duration(text, now_ns) if not text.isdigit() else None
    if ago is not None:
        return max(0, now_ns - ago)
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        time_ns = int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
        # No span is older than the epoch or later than the farthest moment, so nothing else is left out.
        return max(0, min(time_ns, FARTHEST_NS))
    except (ValueError, OverflowError):
        return None
