"""What the spans of a session are called by those who look for the like of them."""

from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered

__all__ = ["agents_of", "called_of"]


@remembered
def agents_of(outline: Outline) -> list[str]:
    """For each span the agent that it names, or else its own name: for an agent's run, whose run it is."""
    return [agent or name for agent, name in zip(*outline.order.columns("agent", "name"), strict=True)]


@remembered
def called_of(outline: Outline) -> list[str]:
    """For each span the tool, model or agent that it calls, or else its own name."""
    named = zip(*outline.order.columns("tool", "model", "agent", "name"), strict=True)
    return [tool or model or agent or name for tool, model, agent, name in named]
