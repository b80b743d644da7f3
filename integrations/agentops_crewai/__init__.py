"""CrewAI in agentops: crews, flows, tasks, agents, tools and model calls as one tree.

Nothing has to be imported from here: ``agentops.init()`` or ``agentops.enable("crewai")`` switches it on.
"""
