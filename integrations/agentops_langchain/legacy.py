"""The handlers as AgentOps 0.4 made them: with a key and tags, and a session begun by making one."""

import agentops
from agentops_langchain.handler import AgentOpsCallbackHandler

__all__ = ["AsyncLangchainCallbackHandler", "LangchainCallbackHandler"]


class LangchainCallbackHandler(AgentOpsCallbackHandler):
    """Initialises agentops where the program has not; from then on all runs are recorded, and none of them twice.

    Args:
        api_key: As for ``agentops.init()``.
        tags: Added to the session's.
        auto_session: Off leaves initialising and sessions to the program.
    """

    def __init__(self, api_key: str | None = None, tags: list[str] | None = None, auto_session: bool = True) -> None:
        super().__init__()
        if not auto_session:
            return
        session = agentops.current_session()
        if session is None:
            agentops.init(api_key, tags=tags)
        elif tags:
            session.add_tags(tags)


class AsyncLangchainCallbackHandler(LangchainCallbackHandler):
    """The same: one handler serves synchronous and asynchronous runs."""
