"""What follows from a session's tree: computed here once, shown by API, pages and command line alike."""

from agentops_dashboard.derived.facts import (
    MOST_SPANS,
    AgentFacts,
    Delegation,
    Facts,
    Loop,
    Retry,
    Waste,
    facts_of,
    looped,
)
from agentops_dashboard.derived.failure import last_at_work, root_failure, where_it_ended
from agentops_dashboard.derived.first_answer import FirstAnswer, first_answer
from agentops_dashboard.derived.handovers import Handover, handovers
from agentops_dashboard.derived.names import agents_of, called_of
from agentops_dashboard.derived.owners import owners

__all__ = [
    "MOST_SPANS",
    "AgentFacts",
    "Delegation",
    "Facts",
    "FirstAnswer",
    "Handover",
    "Loop",
    "Retry",
    "Waste",
    "agents_of",
    "called_of",
    "facts_of",
    "first_answer",
    "handovers",
    "last_at_work",
    "looped",
    "owners",
    "root_failure",
    "where_it_ended",
]
