"""Answers: JSON without detours, and errors as sentences."""

import re
from typing import Any

import orjson
from starlette.responses import Response

__all__ = ["download", "json_response", "problem", "sentence"]


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON. FastAPI's own encoder walks over every value: 2 s for 10,000 spans instead of 0.03."""
    return Response(
        orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS), status, headers, "application/json"
    )


def download(name: str) -> dict[str, str]:
    """Return the header that makes an answer a file to keep. ``name`` may hold what programs have sent.

    Only letters, digits, ``.``, ``-`` and ``_`` stay: RFC 6266 forbids others, or they could end the value.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:100]
    return {"Content-Disposition": f'attachment; filename="{plain}"'}


def sentence(error: Exception) -> str:
    """What is wrong, as a page or an answer says it: the command line puts its own name before it."""
    text = str(error)
    return text[:1].upper() + text[1:]


def problem(status: int, message: str, **more: Any) -> Response:
    """Answer with what is wrong: ``{"error": {"message", …}}``."""
    return json_response({"error": {"message": message, **more}}, status)
