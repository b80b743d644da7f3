"""Alerts: rules about figures of sessions, models, tools and agents, who is told when one goes past its threshold."""

from agentops_dashboard.alerts.book import Book, alerts_path
from agentops_dashboard.alerts.destinations import Destination, destinations_of
from agentops_dashboard.alerts.errors import AlertError
from agentops_dashboard.alerts.rule import Draft, Rule, draft_of, fields_of
from agentops_dashboard.alerts.watch import Watch

__all__ = [
    "AlertError", "Book", "Destination", "Draft", "Rule", "Watch", "alerts_path", "destinations_of", "draft_of",
    "fields_of",
]  # fmt: skip
