"""LangChain's runs that are under way, and what the mapping remembers of each."""

from collections import OrderedDict
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from agentops_langchain.lost_context import innermost

if TYPE_CHECKING:
    from agentops import Span
    from agentops_langchain.conversation import Conversation

__all__ = ["Role", "Run", "Runs"]

_LATE: Final = 1_000
"""Runs closed with the run around them whose own end may still come."""


class Role(Enum):
    """What a run is in the tree."""

    AGENT = "agent"
    NODE = "node"
    CHAIN = "chain"
    MODEL = "model"
    TOOL = "tool"
    RETRIEVER = "retriever"


class Run:
    """One run. A run without a span is collapsed: what it starts attaches to the run around it."""

    __slots__ = (
        "agent",
        "attempts",
        "children",
        "conversation",
        "failed_request",
        "first_token_ns",
        "id",
        "inputs",
        "is_graph",
        "name",
        "namespace",
        "parent",
        "role",
        "seen",
        "shows_with_child",
        "shows_with_work",
        "span",
        "start_ns",
        "thinks",
        "thread",
    )

    def __init__(self, run_id: UUID, parent: "Run | None", role: Role, name: str) -> None:
        self.id = run_id
        self.parent = parent
        self.role = role
        self.name = name
        self.agent: str | None = parent.agent if parent is not None else None
        """Name of the nearest agent around it, or its own."""
        self.namespace: str | None = parent.namespace if parent is not None else None
        """LangGraph's checkpoint namespace: changes from one node to the next, and only there."""
        self.thread: str | None = parent.thread if parent is not None else None
        """LangGraph's thread id."""
        self.span: Span | None = None
        self.is_graph = False
        self.thinks = False
        """Whether a model was asked somewhere below."""
        self.seen: int | None = None
        """Identity of the last error that a run below it ended with."""
        self.shows_with_child = False
        """Collapsed only as long as nothing visible happens in it."""
        self.shows_with_work = False
        """The same, except that agents inside stand for themselves."""
        self.start_ns = 0
        self.inputs: Any = None
        self.first_token_ns = 0
        self.attempts: dict[object, int] | None = None
        self.failed_request: tuple[object, int] | None = None
        self.children: dict[UUID, Run] = {}
        self.conversation: Conversation | None = parent.conversation if parent is not None else None
        """Shared by all runs below one root; made by the first model call."""

    @property
    def root(self) -> "Run":
        """The outermost run around it."""
        run = self
        while run.parent is not None:
            run = run.parent
        return run

    def count_attempt(self, what: object) -> int:
        """Count that something is started below this run; returns 2 when it is started for the second time."""
        if self.attempts is None:
            self.attempts = {}
        self.attempts[what] = number = self.attempts.get(what, 0) + 1
        return number


class Runs:
    """All runs under way, by id. Each step is one dictionary operation, which threads cannot tear."""

    def __init__(self) -> None:
        self._open: dict[UUID, Run] = {}
        self._late: OrderedDict[UUID, Run] = OrderedDict()

    def __contains__(self, run_id: UUID) -> bool:
        return run_id in self._open

    def __len__(self) -> int:
        return len(self._open)

    def get(self, run_id: UUID | None) -> Run | None:
        """Return a run that is under way."""
        return self._open.get(run_id) if run_id is not None else None

    def around(self, parent_run_id: UUID | None) -> Run | None:
        """Return the run around one that starts, given what LangChain says that it is."""
        return innermost(self, self.get(parent_run_id))

    def add(self, run: Run) -> None:
        """Enter a run that starts."""
        self._open[run.id] = run
        if run.parent is not None:
            run.parent.children[run.id] = run

    def remove(self, run_id: UUID) -> Run | None:
        """Take out a run that ends, and all that never ended below it; None if another handler was told before."""
        run = self._open.pop(run_id, None)
        if run is None:
            return self._late.pop(run_id, None)
        if run.parent is not None:
            run.parent.children.pop(run_id, None)
        if run.children:
            self._set_aside(run)
        return run

    def _set_aside(self, run: Run) -> None:
        """LangChain does not end the runs of a stream that nobody reads on, or of a task that was cancelled."""
        left = list(run.children.values())
        for child in left:
            if self._open.pop(child.id, None) is not None:
                self._late[child.id] = child
            left.extend(list(child.children.values()))
        while len(self._late) > _LATE:
            self._late.popitem(last=False)
