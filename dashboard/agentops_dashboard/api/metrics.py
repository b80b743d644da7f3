"""``/metrics``: figures about the whole server, for Prometheus."""

from typing import Protocol

from fastapi import FastAPI
from starlette.responses import Response

__all__ = ["add_metrics"]


class _Figures(Protocol):
    """What counts."""

    content_type: str

    def text(self) -> bytes:
        """All figures."""
        ...


def add_metrics(app: FastAPI, figures: _Figures) -> None:
    """Add the route."""

    @app.get("/metrics", tags=["health"], summary="Figures about the server, in Prometheus' text format")
    def metrics() -> Response:
        return Response(figures.text(), headers={"Content-Type": figures.content_type})
