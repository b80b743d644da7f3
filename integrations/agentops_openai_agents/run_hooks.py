"""Run hooks that listen beside the user's own: the runner tells them more than its traces hold."""

from typing import TYPE_CHECKING, Any

from agents import RunHooks

from agentops import Span, guard
from agentops.semconv import GenAI, SpanKind
from agentops_openai_agents.failures import INCLUDES_CONTENT
from agentops_openai_agents.model_calls import input_text
from agentops_openai_agents.processor import AgentOpsTraceProcessor

if TYPE_CHECKING:
    from agents.lifecycle import RunHooksBase

__all__ = ["ListeningHooks"]


class ListeningHooks(RunHooks[Any]):
    """Notes what it hears, then calls the user's hooks; their errors are theirs and pass through.

    Args:
        processor: Where the runs are recorded.
        inner: The hooks that the user has given to the run, if any.
    """

    def __init__(self, processor: AgentOpsTraceProcessor, inner: "RunHooksBase[Any, Any] | None") -> None:
        self._processor = processor
        self._inner = inner or RunHooks[Any]()
        for name in dir(self._inner):
            if name.startswith("on_") and name not in vars(ListeningHooks):
                setattr(self, name, getattr(self._inner, name))

    async def on_llm_start(self, context: Any, agent: Any, system_prompt: Any, input_items: Any) -> None:
        """Note which messages go to the model, and the first ones as the agent's input."""
        with guard("openai_agents.on_llm_start"):
            span = self._agent_span()
            if span is not None:
                self._processor.model_calls.announce(span, agent, system_prompt, input_items)
                if INCLUDES_CONTENT.get():
                    self._note_input(span, input_items)
        await self._inner.on_llm_start(context, agent, system_prompt, input_items)

    async def on_llm_end(self, context: Any, agent: Any, response: Any) -> None:
        """Complete the model call's span."""
        with guard("openai_agents.on_llm_end"):
            span = self._agent_span()
            if span is not None:
                self._processor.model_calls.finish(span, response)
        await self._inner.on_llm_end(context, agent, response)

    async def on_agent_end(self, context: Any, agent: Any, output: Any) -> None:
        """Note the agent's final answer, which is the run's answer too."""
        with guard("openai_agents.on_agent_end"):
            span = self._agent_span()
            if span is not None and INCLUDES_CONTENT.get():
                span.set_output(output)
                workflow = self._processor.workflow_of(span)
                if workflow is not None:
                    workflow.set_output(output)
        await self._inner.on_agent_end(context, agent, output)

    async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
        """Note the id of the call and what the tool is for."""
        with guard("openai_agents.on_tool_start"):
            span = self._processor.recorder.current()
            if span is not None and span.kind == SpanKind.TOOL and span.name == tool.name:
                call_id = getattr(context, "tool_call_id", None)
                span.set({GenAI.TOOL_CALL_ID: call_id, GenAI.TOOL_DESCRIPTION: getattr(tool, "description", None)})
        await self._inner.on_tool_start(context, agent, tool)

    def _agent_span(self) -> Span | None:
        """Return the span of the agent whose hook is called: the innermost around the caller."""
        span = self._processor.recorder.current()
        while span is not None and span.kind != SpanKind.AGENT:
            span = span.parent
        return span

    def _note_input(self, span: Span, items: Any) -> None:
        if span.input is not None:
            return
        asked = input_text(items)
        span.set_input(asked)
        workflow = self._processor.workflow_of(span)
        if workflow is not None and workflow.input is None:
            workflow.set_input(asked)
