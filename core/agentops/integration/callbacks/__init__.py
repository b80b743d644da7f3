"""Addresses that AgentOps 0.4 users know."""
