"""Records LangChain and LangGraph: agents, nodes, tools, model calls and retrievers as a session's tree.

``agentops.init()`` is enough to record every run. To record chosen runs only, pass an ``AgentOpsCallbackHandler`` in
their ``config={"callbacks": […]}``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentops_langchain.handler import AgentOpsCallbackHandler

__all__ = ["AgentOpsCallbackHandler"]


def __getattr__(name: str) -> object:
    if name == "AgentOpsCallbackHandler":
        from agentops_langchain.handler import AgentOpsCallbackHandler

        return AgentOpsCallbackHandler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
