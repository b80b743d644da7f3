"""Records runs of the OpenAI Agents SDK as agentops sessions."""

__all__ = ["AgentOpsTraceProcessor"]


def __getattr__(name: str) -> object:
    if name == "AgentOpsTraceProcessor":
        from agentops_openai_agents.processor import AgentOpsTraceProcessor

        return AgentOpsTraceProcessor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
