"""Answers: JSON without detours, and errors as sentences."""

from typing import Any

import orjson
from starlette.responses import Response

__all__ = ["json_response", "problem"]


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON. FastAPI's own encoder walks over every value: 2 s for 10,000 spans instead of 0.03."""
    return Response(
        orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS), status, headers, "application/json"
    )


def problem(status: int, message: str, **more: Any) -> Response:
    """Answer with what is wrong: ``{"error": {"message", …}}``."""
    return json_response({"error": {"message": message, **more}}, status)
