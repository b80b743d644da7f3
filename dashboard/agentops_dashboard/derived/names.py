"""What the spans of a session are called by those who look for the like of them."""

from agentops_dashboard.reader.outline import Outline

__all__ = ["agents_of", "called_of"]


def agents_of(outline: Outline) -> list[str]:
    """For each span the agent that it names, or else its own name: for an agent's run, whose run it is."""
    if "agents" not in outline.derived:
        named = zip(*outline.order.columns("agent", "name"), strict=True)
        outline.derived["agents"] = [agent or name for agent, name in named]
    found: list[str] = outline.derived["agents"]
    return found


def called_of(outline: Outline) -> list[str]:
    """For each span the tool, model or agent that it calls, or else its own name."""
    if "called" not in outline.derived:
        named = zip(*outline.order.columns("tool", "model", "agent", "name"), strict=True)
        outline.derived["called"] = [tool or model or agent or name for tool, model, agent, name in named]
    found: list[str] = outline.derived["called"]
    return found
