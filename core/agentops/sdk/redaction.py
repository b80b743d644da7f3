"""Removes keys, tokens and passwords of known shapes from encoded text, before it touches the disk."""

import functools
import re
from typing import Final

__all__ = ["SECRET_PATTERNS", "redact", "redact_value"]

SECRET_PATTERNS: Final[tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]] = (
    ("-", "sk-", (("api-key", "sk-", r"[A-Za-z0-9_-]{20,}"),)),
    ("K", "AKIA", (("aws-access-key", "AKIA", r"[0-9A-Z]{16}(?![0-9A-Za-z])"),)),
    ("z", "AIza", (("google-api-key", "AIza", r"[0-9A-Za-z_-]{35}"),)),
    (
        "_",
        "gh",
        (
            ("github-token", "ghp_", r"[A-Za-z0-9]{36,}"),
            ("github-token", "gho_", r"[A-Za-z0-9]{36,}"),
            ("github-token", "ghs_", r"[A-Za-z0-9]{36,}"),
        ),
    ),
    ("_", "github_pat_", (("github-token", "github_pat_", r"[A-Za-z0-9_]{40,}"),)),
    ("-", "xox", (("slack-token", "xox", r"[abposr]-[A-Za-z0-9-]{10,}"),)),
    (
        "_",
        "_live_",
        (
            ("stripe-key", "sk_live_", r"[A-Za-z0-9]{16,}"),
            ("stripe-key", "rk_live_", r"[A-Za-z0-9]{16,}"),
        ),
    ),
    ("J", "eyJ", (("json-web-token", "eyJ", r"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),)),
    (
        "r",
        "earer ",
        (
            ("bearer-token", "Bearer ", r"[A-Za-z0-9._~+/-]{16,}=*"),
            ("bearer-token", "bearer ", r"[A-Za-z0-9._~+/-]{16,}=*"),
        ),
    ),
    ("-", "-----BEGIN ", (("private-key", "-----BEGIN ", r'[A-Z ]*PRIVATE KEY-----[^"]*?-----END [A-Z ]*KEY-----'),)),
)
"""A character and a text that some secrets have, and of each of these its name, the text that it begins with, and the
pattern of what follows.

All match inside the text of a JSON string. One character is found ten times as fast as a text, and short values lack
most of them. A search for a text costs 0.3 to 0.7 us per kB, so each is worth its place.
"""

_PASSWORD: Final = ("url-password", "://", r'(?P<kept>)[^/\s:@"\\]{1,64}:[^/\s:@"\\]{3,128}(?=@)')
"""User and password in a URL; the text that it begins with stays. Looked for only where there is an ``@``."""

_compiled = functools.lru_cache(maxsize=None)(re.compile)
"""Compiled when first needed: compiling all of them would be a tenth of the time that importing agentops takes."""


def redact(text: str) -> tuple[str, int]:
    """Replace secrets in encoded JSON text; returns it with the number of replacements.

    Works on a span's whole text at once: the patterns match no quotation mark, so the JSON stays whole. Each is found
    by the plain text that it begins with, which is ten times as fast as searching for a pattern.
    """
    total = 0
    for character, part, patterns in SECRET_PATTERNS:
        if character in text and part in text:
            for name, beginning, expression in patterns:
                if beginning in text:
                    text, count = _replace(text, name, beginning, expression)
                    total += count
    if "@" in text and "://" in text:
        text, count = _replace(text, *_PASSWORD)
        total += count
    return text, total


def redact_value(value: object) -> object:
    """Return plain data with the secrets in its texts replaced; what holds none comes back as it was."""
    if isinstance(value, str):
        return redact(value)[0]
    if isinstance(value, dict):
        return {redact(key)[0]: redact_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(redact_value(item) for item in value)
    return value


def _replace(text: str, name: str, beginning: str, expression: str) -> tuple[str, int]:
    pattern = _compiled(expression)
    parts: list[str] = []
    done, count = 0, 0
    start = text.find(beginning)
    while start >= 0:
        after = start + len(beginning)
        found = pattern.match(text, after)
        if found is None or _continues_a_word(text, start, beginning):
            start = text.find(beginning, after)
            continue
        kept = beginning if "kept" in pattern.groupindex else ""
        parts += (text[done:start], kept, f"[redacted:{name}]")
        done, count = found.end(), count + 1
        start = text.find(beginning, done)
    return ("".join((*parts, text[done:])), count) if count else (text, 0)


def _continues_a_word(text: str, start: int, beginning: str) -> bool:
    """Say whether the beginning is the middle of a longer word, as in ``risk-``; an escaped newline is no letter."""
    if not beginning[0].isalpha() or start == 0:
        return False
    before = text[start - 1]
    return (before.isalnum() or before == "_") and not (before in "nrt" and text[start - 2 : start - 1] == "\\")
