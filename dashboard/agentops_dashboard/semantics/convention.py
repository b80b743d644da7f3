"""What a table of a foreign convention consists of, and how tables fill a record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.semantics.values import as_first_text, as_integer, as_nano, as_seconds_ns, as_text

__all__ = ["Convention", "fill"]

_READERS: dict[str, Callable[[Any], Any]] = {
    "input_tokens": as_integer, "output_tokens": as_integer, "cached_tokens": as_integer,
    "cache_write_tokens": as_integer, "reasoning_tokens": as_integer, "attempt": as_integer, "cost_nano": as_nano,
    "first_token_ns": as_seconds_ns, "finish_reason": as_first_text,
}  # fmt: skip
_FACTS = frozenset({"session_id", "user"})
Finish = Callable[[SpanRecord, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Convention:
    """One convention's table.

    Attributes:
        name: As shown with a span: where its meaning came from.
        fields: Attribute name to field of ``SpanRecord`` or ``TraceFacts``; the first name that has a value wins.
        kind_attribute: The attribute that tells the kind, read through
        kinds: (in small letters).
        prefixes: Attributes that begin so belong to the convention: they are understood even if no field takes them.
        consumed: Of these, the ones that are no longer shown since they went into input or output.
        finish: Reads what a table cannot say: messages, tags, metadata.
    """

    name: str
    fields: Mapping[str, str]
    kind_attribute: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    prefixes: tuple[str, ...] = ()
    consumed: tuple[str, ...] = ()
    finish: Finish | None = None


def fill(record: SpanRecord, attributes: Mapping[str, Any], convention: Convention) -> set[str]:
    """Fill the record's empty fields from one convention; returns the names of attributes that it took."""
    taken: set[str] = set()
    for name, target in convention.fields.items():
        value = attributes.get(name)
        if value is None:
            continue
        taken.add(name)
        owner: Any = record.facts if target in _FACTS else record
        if getattr(owner, target) is None:
            read: Callable[[Any], Any] = _READERS.get(target, as_text)
            setattr(owner, target, read(value))
    if convention.kind_attribute is not None and not record.kind:
        value = attributes.get(convention.kind_attribute)
        if type(value) is str:
            record.kind = convention.kinds.get(value.lower(), "")
    if convention.finish is not None:
        convention.finish(record, attributes)
    return taken
