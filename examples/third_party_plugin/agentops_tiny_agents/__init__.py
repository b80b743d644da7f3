"""Records tiny_agents with agentops."""
