"""Puts the door, and what watches it, in front of an application."""

from fastapi import FastAPI

from agentops_dashboard.accounts import Accounts, Actor, accounts_path
from agentops_dashboard.api.metrics import add_metrics
from agentops_dashboard.caller import Caller
from agentops_dashboard.door.door import Door, Refuse
from agentops_dashboard.door.settings import ServerSettings
from agentops_dashboard.ingest.receiver import Receiver
from agentops_dashboard.observe import Metrics, Requests

__all__ = ["install"]


def install(app: FastAPI, settings: ServerSettings, receiver: Receiver, refuse: Refuse | None) -> Accounts:
    """Let nobody in without a login or a key, and count and log who comes; returns the accounts.

    Args:
        app: An application whose ``state`` has ``home``, ``store`` and ``readers``.
        settings: How the server is run.
        receiver: What takes spans.
        refuse: Makes the page that tells a person why they may not see one.

    Raises:
        StoreError: The accounts' file cannot be opened.
    """
    accounts = Accounts(accounts_path(app.state.home))

    def note_change(caller: Caller, action: str, target: str) -> None:
        accounts.audit.add(Actor(caller.name, caller.address), action, target, caller.project)

    def projects() -> list[str]:
        return [project.id for project in accounts.projects.all()]

    def open_projects() -> list[str]:
        return [project.id for project in accounts.projects.all() if not project.is_archived]

    metrics = Metrics()
    metrics.watch_receiver(receiver)
    metrics.watch_store(app.state.store, app.state.readers, projects)
    add_metrics(app, metrics)
    app.state.note_change, app.state.projects, app.state.open_projects = note_change, projects, open_projects
    app.state.trim_record = accounts.audit.forget_older
    app.add_middleware(Door, accounts=accounts, settings=settings, refuse=refuse)
    # Added last, so it is outermost: what the door refuses is counted too.
    app.add_middleware(Requests, metrics=metrics)
    return accounts
