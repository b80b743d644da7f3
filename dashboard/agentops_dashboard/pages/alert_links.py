"""Links to the form of a new alert, filled in with what a page shows."""

from agentops_dashboard.pages.address import Address

__all__ = ["new_alert"]


def new_alert(query: str, measure: str, aggregate: str, of: str | None = None, which: str | None = None) -> str:
    """The link to an alert on a figure of the sessions found; ``of`` and ``which`` as in the form, None: sessions."""
    asked = {"of": of, "which": which, "measure": measure, "aggregate": aggregate, "query": query or None}
    return Address("/alerts").link(**asked) + "#new"
