"""The tree that a query is parsed into."""

from dataclasses import dataclass

__all__ = ["Aggregate", "And", "Node", "Not", "Or", "Term", "Text", "Value"]

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Term:
    """``key:value``: any of ``values``, compared by ``operator`` (``= > >= < <=``).

    Attributes:
        key: The field's own name, after aliases.
        member: Rest of a dotted key: ``region`` in ``metadata.region``.
        values: In the field's unit: nanoseconds, nano-USD, counts, or text. Text may hold ``*`` if ``is_pattern``.
    """

    key: str
    member: str | None
    operator: str
    values: tuple[Value, ...]
    is_pattern: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Free text: the words in this order, the last one a prefix if it ended in ``*``."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``any(…)`` or ``count(…) > n`` over a session's spans. ``inner`` None counts every span."""

    inner: "Node | None"
    operator: str
    number: int


@dataclass(frozen=True, slots=True)
class Not:
    """What does not fit ``inner``."""

    inner: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """What fits all parts; without parts, everything."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """What fits at least one part."""

    parts: "tuple[Node, ...]"


Node = Term | Text | Aggregate | Not | And | Or
