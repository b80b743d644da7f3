"""What a span of LlamaIndex stands for, told from the class and the method that it is the call of.

By the names of classes and not by the classes: nothing of LlamaIndex has to be imported that the program does not use.
"""

from enum import Enum, auto
from typing import Any, Final
from weakref import WeakKeyDictionary

from agentops_llama_index.entry import Entry

__all__ = ["Role", "role_of"]

_FRAMEWORK: Final = ("llama_index.", "workflows.", "llama_index_")


class Role(Enum):
    """What becomes of a span."""

    AGENT = auto()
    """One agent's run."""
    TEAM = auto()
    """A run of agents that hand over to one another."""
    WORKFLOW = auto()
    """A run of a workflow that the user wrote."""
    MODEL = auto()
    EMBEDDING = auto()
    RETRIEVER = auto()
    TOOL = auto()
    CHAIN = auto()
    """A query engine, a chat engine, an ingestion pipeline."""
    POSTPROCESSOR = auto()
    """What filters or orders the nodes that were found."""
    MARKED = auto()
    """What the user marked with LlamaIndex's own decorator."""
    WRAPPER = auto()
    """A part of one of the others; not shown."""


def _both(*names: str) -> tuple[str, ...]:
    return (*names, *(f"a{name}" for name in names))


_ROLES: Final[dict[str, tuple[Role, tuple[str, ...]]]] = {
    "BaseWorkflowAgent": (Role.AGENT, ("run",)),
    "AgentWorkflow": (Role.TEAM, ("run",)),
    "Workflow": (Role.WORKFLOW, ("run",)),
    "BaseLLM": (Role.MODEL, _both("chat", "complete", "stream_chat", "stream_complete")),
    "BaseEmbedding": (Role.EMBEDDING, _both("get_query_embedding", "get_text_embedding", "get_text_embedding_batch")),
    "BaseSparseEmbedding": (
        Role.EMBEDDING,
        _both("get_query_embedding", "get_text_embedding", "get_text_embedding_batch"),
    ),
    "BaseRetriever": (Role.RETRIEVER, _both("retrieve")),
    "BaseTool": (Role.TOOL, ("__call__", "call", "acall")),
    "BaseQueryEngine": (Role.CHAIN, _both("query")),
    "BaseChatEngine": (Role.CHAIN, _both("chat", "stream_chat")),
    "IngestionPipeline": (Role.CHAIN, ("run", "arun")),
    "BaseNodePostprocessor": (Role.POSTPROCESSOR, ("_postprocess_nodes", "_apostprocess_nodes")),
}
"""The class that a role comes from, and the methods of it and its subclasses that are calls of their own."""
_known: WeakKeyDictionary[type[Any], dict[str, Role]] = WeakKeyDictionary()
"""Roles that were found before, by class and method; a class that a program makes as it runs must be able to go."""
_FUNCTIONS: Final = frozenset({"run_jobs", "worker"})
"""Functions of LlamaIndex that are spans."""


def role_of(entry: Entry) -> Role:
    """Return the role of a span that is no step of a workflow."""
    if entry.instance is None:
        return Role.WRAPPER if entry.method in _FUNCTIONS else Role.MARKED
    cls = type(entry.instance)
    known = _known.setdefault(cls, {})
    if entry.method not in known:
        known[entry.method] = _role_of_method(cls, entry.method)
    return known[entry.method]


def _role_of_method(cls: type, method: str) -> Role:
    is_of_framework = False
    for base in cls.__mro__:
        if base.__module__.startswith(_FRAMEWORK):
            is_of_framework = True
            role, methods = _ROLES.get(base.__name__, (Role.WRAPPER, ()))
            if method in methods:
                return role
    return Role.WRAPPER if is_of_framework else Role.MARKED
