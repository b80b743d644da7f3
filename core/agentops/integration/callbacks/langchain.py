"""Where users of AgentOps 0.4 find the LangChain handlers."""

import importlib
from typing import Any

__all__ = ["AsyncLangchainCallbackHandler", "LangchainCallbackHandler"]

AsyncLangchainCallbackHandler: Any
LangchainCallbackHandler: Any


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("agentops_langchain.legacy"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
