"""AutoGen on agentops: teams, agents, tools, handoffs, model calls, memory and human turns as one tree per run.

There is nothing to import from here: ``agentops.init()`` or ``agentops.enable("autogen")`` switches it on.
"""

__all__: list[str] = []
