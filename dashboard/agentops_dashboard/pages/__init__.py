"""The pages of the dashboard, rendered on the server."""

from agentops_dashboard.pages.routes import add_pages

__all__ = ["add_pages"]
