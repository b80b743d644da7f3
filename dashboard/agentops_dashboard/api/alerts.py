"""The rules of the alerts and how they stand. Whom they tell is nobody's to ask or to change over HTTP."""

from typing import Annotated, Literal

from fastapi import Body, FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard.alerts import AlertError, Book, draft_of
from agentops_dashboard.alerts.shape import alert_of
from agentops_dashboard.api.analytics import Aggregate, OneMeasure
from agentops_dashboard.api.answers import json_response, problem, sentence
from agentops_dashboard.caller import caller_of, note_change

__all__ = ["add_alerts"]

Paused = Annotated[bool, Body(embed=True)]


class AlertText(BaseModel):
    """A rule to watch; figures are written as on the page and on the command line."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    of: str = Field("sessions", max_length=320, description="sessions, each tool, tool search, model …, agent …")
    measure: OneMeasure
    aggregate: Aggregate | None = Field(None, description="sum by default; of latency mean")
    query: str = Field("", max_length=1000, description="Query language, as in the list's search bar")
    period: str = Field("1h", max_length=40, description="The last 15m, 1h, 7d, …, or today")
    side: Literal["above", "below"] = "above"
    threshold: str = Field(max_length=40, description="10%, $5, 2m, 1.5k")
    least: int | None = Field(None, ge=0, description="Of fewer it is not judged: 5 sessions, 20 calls; of sums 0")


def add_alerts(app: FastAPI, book: Book) -> None:
    """Add the routes."""

    @app.get("/api/v1/alerts", tags=["alerts"], summary="The rules of the alerts, and how they stand")
    def alerts(request: Request) -> Response:
        return json_response({"alerts": [alert_of(rule) for rule in book.rules(caller_of(request).project)]})

    @app.post("/api/v1/alerts", tags=["alerts"], summary="Watch one more figure")
    def add(request: Request, alert: AlertText) -> Response:
        caller = caller_of(request)
        try:
            rule = book.add(caller.project, draft_of(_texts(alert)), caller.name)
        except AlertError as error:
            return problem(422, sentence(error))
        note_change(request, "alert.added", rule.name)
        return json_response(alert_of(rule), 201)

    @app.put("/api/v1/alerts/{alert_id}", tags=["alerts"], summary="Let a rule say something else")
    def edit(request: Request, alert_id: int, alert: AlertText) -> Response:
        project = caller_of(request).project
        try:
            book.get(project, str(alert_id))
        except AlertError as error:
            return problem(404, sentence(error))
        try:
            rule = book.edit(project, str(alert_id), draft_of(_texts(alert)))
        except AlertError as error:
            return problem(422, sentence(error))
        note_change(request, "alert.edited", rule.name)
        return json_response(alert_of(rule))

    @app.put("/api/v1/alerts/{alert_id}/paused", tags=["alerts"], summary="Leave a rule alone, or watch it again")
    def pause(request: Request, alert_id: int, paused: Paused) -> Response:
        try:
            rule = book.pause(caller_of(request).project, str(alert_id), is_paused=paused)
        except AlertError as error:
            return problem(404, sentence(error))
        note_change(request, "alert.paused" if paused else "alert.resumed", rule.name)
        return json_response(alert_of(rule))

    @app.delete("/api/v1/alerts/{alert_id}", tags=["alerts"], summary="Drop a rule")
    def remove(request: Request, alert_id: int) -> Response:
        try:
            rule = book.remove(caller_of(request).project, str(alert_id))
        except AlertError as error:
            return problem(404, sentence(error))
        note_change(request, "alert.removed", rule.name)
        return json_response(alert_of(rule))


def _texts(alert: AlertText) -> dict[str, str]:
    return {name: str(value) for name, value in alert.model_dump(exclude_none=True).items()}
