"""What every record passes before it touches the disk: span filters of plugins, then redaction of secrets."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

__all__ = ["SECRET_PATTERNS", "SpanFilter", "SpanRecord", "redact"]


@dataclass(slots=True)
class SpanRecord:
    """A span as it is about to be written. A filter may change anything but the ids.

    ``attributes`` holds plain data (see ``agentops.sdk.values.capture``) under the names of ``agentops.semconv``;
    ``events`` holds ``(name, time_ns, attributes)``.
    """

    session_id: str
    span_id: str
    parent_id: str | None
    kind: str
    name: str
    status: str
    attributes: dict[str, object]
    events: list[tuple[str, int, dict[str, object]]] = field(default_factory=list)
    status_message: str = ""


SpanFilter = Callable[[SpanRecord], SpanRecord | None]
"""Called in the writing thread for each record of a span; returns what to write, or None to leave the span out."""


SECRET_PATTERNS: Final[tuple[tuple[str, str, str], ...]] = (
    ("openai-key", "sk-", r"\bsk-(?!ant-)[A-Za-z0-9_-]{20,}"),
    ("anthropic-key", "sk-ant-", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    ("aws-access-key", "AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    ("google-api-key", "AIza", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("github-token", "gh", r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{40,}"),
    ("slack-token", "xox", r"\bxox[abposr]-[A-Za-z0-9-]{10,}"),
    ("stripe-key", "_live_", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    ("json-web-token", "eyJ", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),
    ("bearer-token", "earer ", r"\b[Bb]earer [A-Za-z0-9._~+/-]{16,}=*"),
    ("private-key", "PRIVATE KEY-----", r'-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*?-----END [A-Z ]*KEY-----'),
    ("url-password", "://", r'(?<=://)[^/\s:@"\\]{1,64}:[^/\s:@"\\]{3,128}(?=@)'),
)
"""Name, a cheap text that must occur, and the pattern. All match inside the text of a JSON string only."""


_compiled = functools.lru_cache(maxsize=None)(re.compile)
"""Compiled when first needed: compiling all of them would be a tenth of the time that importing agentops takes."""


def redact(text: str) -> tuple[str, int]:
    """Replace secrets in encoded JSON text; returns it with the number of replacements.

    Works on a span's whole text at once: the patterns match no quotation mark, so the JSON stays whole.
    """
    total = 0
    for name, needle, expression in SECRET_PATTERNS:
        if needle in text:
            pattern = _compiled(expression)
            text, count = pattern.subn(f"[redacted:{name}]", text)
            total += count
    return text, total
