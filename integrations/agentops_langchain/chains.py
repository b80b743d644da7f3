"""What LangChain calls chains: agents, graphs, their nodes, LCEL chains, and the wrappers among them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from agentops.semconv import GenAI, SpanKind
from agentops_langchain.content import agent_input, agent_output, plain
from agentops_langchain.lost_context import enter
from agentops_langchain.runs import Role, Run
from agentops_langchain.steering import Steering
from agentops_langchain.tree import UNNAMED, Tree, attempt_of

__all__ = ["Chains"]

_CREATE_AGENT: Final = "langchain_create_agent"
_LOOP_NODES: Final = frozenset({"model", "tools", "agent"})
"""Nodes of the loop that every agent is; ``agent`` is what ``create_react_agent`` and tutorials call its model node."""
_WRAPPERS: Final = frozenset({UNNAMED, "Prompt", "call_model", "__start__"})
_WRAPPER_TYPES: Final = frozenset({"prompt", "parser"})
_HIDDEN: Final = "langsmith:hidden"


class Chains:
    """Maps chain events.

    Args:
        tree: Where runs become spans.
        steering: Knows interrupts and handoffs.
    """

    def __init__(self, tree: Tree, steering: Steering) -> None:
        self.tree = tree
        self.steering = steering

    def started(
        self,
        serialized: Mapping[str, Any] | None,
        inputs: Any,
        run_id: UUID,
        parent_run_id: UUID | None,
        more: Mapping[str, Any],
    ) -> None:
        """Map the start of a chain of any sort."""
        runs = self.tree.runs
        if run_id in runs:
            return
        parent = runs.around(parent_run_id)
        metadata = more.get("metadata") or {}
        run = Run(run_id, parent, Role.CHAIN, _name(serialized, more))
        run.thread = metadata.get("thread_id", run.thread)
        namespace = metadata.get("langgraph_checkpoint_ns")
        if namespace is not None and namespace != run.namespace and parent is not None:
            run.namespace = namespace
            self._start_node(run, parent, inputs, more)
        elif _is_agent(run, metadata):
            self._start_agent(run, inputs, metadata)
        elif parent is None or self._is_chain(run, parent, more):
            if parent is None:
                self.steering.resumed(run, inputs)
            span = self.tree.open(run, SpanKind.CHAIN, run.name, _conversation(metadata))
            if span is not None:
                span.set_input(plain(inputs))
        else:
            self.tree.collapse(run, shows_with_child=_is_router(run, parent, more), inputs=inputs)

    def ended(self, outputs: Any, run_id: UUID, more: Mapping[str, Any]) -> None:
        """Map the end of a chain of any sort."""
        run = self.tree.runs.remove(run_id)
        if run is None:
            return
        if run.role is Role.NODE and run.thinks:
            self.steering.handed_off(run, outputs)
        if run.span is None:
            return
        if "inputs" in more:
            # A streaming chain knows what it was given only when it has read it to the end.
            run.span.set_input(agent_input(more["inputs"]) if run.role is Role.AGENT else plain(more["inputs"]))
        self.tree.end(run, output=agent_output(outputs) if run.role is Role.AGENT else plain(outputs))

    def _start_agent(self, run: Run, inputs: Any, metadata: Mapping[str, Any]) -> None:
        run.role = Role.AGENT
        run.is_graph = True
        run.agent = name = metadata.get("lc_agent_name") or run.name
        if run.parent is None:
            self.steering.resumed(run, inputs)
        if not self.tree.take_over(run, name):
            self.tree.open(run, SpanKind.AGENT, name, _conversation(metadata))
        if run.span is not None:
            run.span.set_input(agent_input(inputs))

    def _start_node(self, run: Run, graph: Run, inputs: Any, more: Mapping[str, Any]) -> None:
        run.role = Role.NODE
        enter(run)
        if graph.role is Role.AGENT:
            self.tree.collapse(run, shows_with_child=run.name not in _LOOP_NODES, inputs=inputs)
            return
        step = (more.get("metadata") or {}).get("langgraph_step")
        # A function with @entrypoint is a graph of one node, in step 0; its tasks run inside of that node.
        is_entrypoint = step == 0 and graph.role is not Role.NODE and not graph.is_graph
        self._mark_graph(graph, run.name if is_entrypoint else None)
        if is_entrypoint:
            self.tree.collapse(run)
        elif run.name in _LOOP_NODES:
            self.tree.collapse(run, shows_with_child=True, inputs=inputs)
        else:
            attempt = attempt_of(run, ("node", run.namespace), more)
            span = self.tree.open(run, SpanKind.OPERATION, run.name, attempt)
            if span is not None:
                span.set_input(plain(inputs))

    def _mark_graph(self, graph: Run, name: str | None) -> None:
        """What has nodes is a graph. LangChain says so only afterwards: a graph starts like any other chain."""
        if graph.is_graph:
            return
        graph.is_graph = True
        if graph.role is Role.NODE:
            return
        holder = graph
        while holder.span is None and holder.parent is not None:
            holder = holder.parent
        if holder.span is not None and holder.span.kind != SpanKind.AGENT and holder.role is not Role.TOOL:
            self.tree.recorder.update(holder.span, kind=SpanKind.WORKFLOW, name=name if holder is graph else None)

    def _is_chain(self, run: Run, parent: Run, more: Mapping[str, Any]) -> bool:
        """Say whether a nested chain is one that its user named, and not a part that LangChain made."""
        if run.name.startswith("Runnable") or run.name in _WRAPPERS or more.get("run_type") in _WRAPPER_TYPES:
            return False
        if _HIDDEN in (more.get("tags") or ()):
            return False
        # What runs directly in a node is the node itself, or the function that chooses the next one.
        return parent.role is not Role.NODE


def _name(serialized: Mapping[str, Any] | None, more: Mapping[str, Any]) -> str:
    name = more.get("name") or (serialized or {}).get("name")
    return str(name or ((serialized or {}).get("id") or ["chain"])[-1])


def _is_agent(run: Run, metadata: Mapping[str, Any]) -> bool:
    """Tell an agent from the chains inside of it, which inherit its metadata."""
    if metadata.get("ls_integration") != _CREATE_AGENT:
        return False
    name = metadata.get("lc_agent_name")
    if run.parent is None:
        return True
    return run.name == (name or UNNAMED) or (name is not None and name != run.agent)


def _is_router(run: Run, parent: Run, more: Mapping[str, Any]) -> bool:
    return parent.role is Role.NODE and any(
        tag.startswith("seq:step:") and tag != "seq:step:1" for tag in more.get("tags") or ()
    )


def _conversation(metadata: Mapping[str, Any]) -> dict[str, Any]:
    thread = metadata.get("thread_id")
    return {GenAI.CONVERSATION_ID: str(thread)} if thread is not None else {}
