"""Tools and retrievers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from langchain_core.messages import ToolMessage

from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_langchain.content import documents, plain
from agentops_langchain.lost_context import enter
from agentops_langchain.runs import Role, Run
from agentops_langchain.tree import Tree, attempt_of

__all__ = ["Tools"]


class Tools:
    """Maps the events of tools and retrievers.

    Args:
        tree: Where runs become spans.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def tool_started(
        self,
        serialized: Mapping[str, Any] | None,
        text: str,
        run_id: UUID,
        parent_run_id: UUID | None,
        more: Mapping[str, Any],
    ) -> None:
        """Map the start of a tool."""
        runs = self.tree.runs
        if run_id in runs:
            return
        described = serialized or {}
        run = Run(
            run_id, runs.around(parent_run_id), Role.TOOL, str(described.get("name") or more.get("name") or "tool")
        )
        enter(run)
        call_id = more.get("tool_call_id")
        attributes: dict[str, Any] = {
            GenAI.TOOL_TYPE: "function",
            GenAI.TOOL_DESCRIPTION: described.get("description"),
            GenAI.TOOL_CALL_ID: call_id,
        }
        attributes.update(attempt_of(run, ("tool", call_id) if call_id is not None else None, more))
        span = self.tree.open(run, SpanKind.TOOL, run.name, attributes)
        if span is not None:
            arguments = more.get("inputs")
            span.set_input(plain(arguments) if arguments is not None else text)

    def tool_ended(self, output: Any, run_id: UUID) -> None:
        """Map the end of a tool; a tool that answers with an error instead of raising it is marked."""
        run = self.tree.runs.remove(run_id)
        if run is None:
            return
        if isinstance(output, ToolMessage):
            failure = output.content if output.status == "error" else None
            self.tree.end(run, output=plain(output.content), attributes={Attr.SWALLOWED_ERROR: failure})
        else:
            self.tree.end(run, output=plain(output))

    def retriever_started(
        self,
        serialized: Mapping[str, Any] | None,
        query: str,
        run_id: UUID,
        parent_run_id: UUID | None,
        more: Mapping[str, Any],
    ) -> None:
        """Map the start of a retriever."""
        runs = self.tree.runs
        if run_id in runs:
            return
        described = serialized or {}
        name = more.get("name") or described.get("name") or (described.get("id") or ["retriever"])[-1]
        run = Run(run_id, runs.around(parent_run_id), Role.RETRIEVER, str(name))
        span = self.tree.open(run, SpanKind.RETRIEVER, run.name, attempt_of(run, None, more))
        if span is not None:
            span.set_input(query)

    def retriever_ended(self, found: Sequence[Any], run_id: UUID) -> None:
        """Map the end of a retriever."""
        run = self.tree.runs.remove(run_id)
        if run is not None:
            self.tree.end(run, output=documents(found))
