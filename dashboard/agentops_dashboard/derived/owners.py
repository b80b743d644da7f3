"""In which agent's run each span of a session was made."""

from agentops.semconv import SpanKind
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered

__all__ = ["owners"]


@remembered
def owners(outline: Outline) -> list[int]:
    """For each span the place of the nearest agent above it; -1 for none."""
    is_agent = [kind == SpanKind.AGENT for kind in outline.column("kind")]
    owner: list[int] = []
    for above in outline.parents:
        owner.append(above if above < 0 or is_agent[above] else owner[above])
    return owner
