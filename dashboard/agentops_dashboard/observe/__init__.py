"""What a server says of itself to those who run it: metrics, and a line for each request."""

from agentops_dashboard.observe.log import configure_logging
from agentops_dashboard.observe.metrics import Metrics
from agentops_dashboard.observe.requests import Requests

__all__ = ["Metrics", "Requests", "configure_logging"]
