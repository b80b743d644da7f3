"""What a rule is about: sessions, or the calls of one model, tool or agent, or of each of them by itself."""

from typing import Final, NamedTuple

from agentops_dashboard import format as write
from agentops_dashboard.alerts.errors import AlertError
from agentops_dashboard.reader.charts import LABEL_GROUPS

__all__ = ["CHOICES", "SESSIONS", "Subject", "count_text", "read_subject", "subject_of"]

SESSIONS: Final = "sessions"
_EACH: Final = "each"
CHOICES: Final = (SESSIONS, *(text for kind in LABEL_GROUPS for text in (f"{_EACH} {kind}", kind)))
"""What forms offer; a kind alone needs a name."""
_LABEL_LIMIT: Final = 300


class Subject(NamedTuple):
    """``kind`` is ``model``, ``tool`` or ``agent``, empty for sessions; ``label`` names one, None: each of them."""

    kind: str
    label: str | None

    @property
    def is_each(self) -> bool:
        """Whether each model, tool or agent is held against the threshold by itself."""
        return bool(self.kind) and self.label is None


def read_subject(text: str, name: str = "") -> str:
    """Read what people write, as in ``sessions``, ``each tool`` or ``tool search``; the name may stand by itself.

    Raises:
        AlertError: It cannot be understood.
    """
    choice, name = text.strip() or SESSIONS, name.strip()
    kind, _, rest = choice.partition(" ")
    if choice in (SESSIONS, *(f"{_EACH} {known}" for known in LABEL_GROUPS)):
        if name:
            raise AlertError(f"of {choice!r} none has a name: leave out {name[:40]!r}, or choose model, tool or agent.")
        return choice
    if kind not in LABEL_GROUPS:
        raise AlertError(
            f"a rule cannot be of {text[:40]!r}; it can be of: {', '.join(CHOICES)}, each of the latter with a name."
        )
    label = f"{rest.strip()} {name}".strip()
    if not 0 < len(label) <= _LABEL_LIMIT:
        raise AlertError(f"which {kind}? A name needs 1 to {_LABEL_LIMIT} characters, not {len(label)}.")
    return f"{kind} {label}"


def subject_of(text: str) -> Subject:
    """What ``read_subject`` returned, taken apart."""
    first, _, rest = text.partition(" ")
    if first == _EACH:
        return Subject(rest, None)
    return Subject("", None) if text == SESSIONS else Subject(first, rest)


def count_text(of: str, number: int | None) -> str:
    """Of how many a figure is, as in ``12 sessions`` or ``1 call``."""
    what = "session" if of == SESSIONS else "call"
    return f"{write.full_count(number)} {what}{'' if number == 1 else 's'}"
