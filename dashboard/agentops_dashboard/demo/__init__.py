"""``agentops demo``: a real program of a framework, recorded, shown in the terminal and then in the browser."""

from agentops_dashboard.demo.command import run

__all__ = ["run"]
