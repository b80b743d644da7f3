"""What a session was asked, and what came of it, whole."""

from typing import Any, Final

from agentops_dashboard.reader import Reader

__all__ = ["asked_and_answered"]

_MOST_LOOKED_AT: Final = 100
"""Spans of a session, the outermost first, among which its question and its answer are looked for."""


def asked_and_answered(reader: Reader, session_id: str) -> tuple[Any, Any]:
    """The input and the output of the outermost spans that have any, None where none has.

    Of several answers side by side it is the last.
    """
    outline = reader.outlines.read(session_id)
    depth = outline.index.depth
    places = sorted(range(len(outline)), key=depth.__getitem__)[:_MOST_LOOKED_AT]
    spans = list(zip(map(depth.__getitem__, places), reader.outlines.with_payloads(outline, places), strict=True))
    asked = next((span["input"] for _, span in spans if span["input"] is not None), None)
    said = [(level, span) for level, span in spans if span["output"] is not None]
    last = max(said, key=lambda one: (-one[0], one[1]["end_ns"] or 0), default=None)
    return asked, None if last is None else last[1]["output"]
