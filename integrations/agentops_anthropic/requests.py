"""Requests of the Messages API, as spans describe them."""

from typing import Any, Final

from agentops.messages import text
from agentops.semconv import GenAI
from agentops.stainless import Asked, Endpoint
from agentops_anthropic.answers import MessageAnswer
from agentops_anthropic.blocks import messages_of, parts_of

__all__ = ["MESSAGES"]

_PARAMETERS: Final = {
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_k": GenAI.REQUEST_TOP_K,
    "top_p": GenAI.REQUEST_TOP_P,
}
_HOSTS: Final = {
    "Bedrock": "aws.bedrock",
    "AWS": "aws.bedrock",
    "Vertex": "gcp.vertex_ai",
    "Foundry": "azure.ai.inference",
}
"""Part of the name of a client's class, and who runs the model for it."""


def _asked(arguments: dict[str, Any], client: Any) -> Asked:
    """Describe a request. Arguments that were not given hold an object of a type of its own: they are left out."""
    model = str(arguments.get("model") or "model")
    found: dict[str, Any] = {GenAI.REQUEST_MODEL: model, GenAI.PROVIDER_NAME: _provider_of(client)}
    for name, attribute in _PARAMETERS.items():
        if isinstance(arguments.get(name), int | float):
            found[attribute] = arguments[name]
    stop = arguments.get("stop_sequences")
    if isinstance(stop, list):
        found[GenAI.REQUEST_STOP_SEQUENCES] = stop
    if arguments.get("stream") is True:
        found[GenAI.REQUEST_STREAM] = True
    system = arguments.get("system")
    if isinstance(system, str | list):
        found[GenAI.SYSTEM_INSTRUCTIONS] = [text(system)] if isinstance(system, str) else parts_of(system)
    tools = arguments.get("tools")
    if isinstance(tools, list | tuple):
        found[GenAI.TOOL_DEFINITIONS] = list(tools)
    return Asked(model, messages_of(arguments.get("messages")), found)


def _provider_of(client: Any) -> str:
    name = type(client).__name__
    return next((provider for part, provider in _HOSTS.items() if part in name), "anthropic")


MESSAGES: Final = Endpoint(_asked, MessageAnswer)
