"""Model calls: what was asked, with which settings, what came back, and what it cost in tokens."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult

from agentops import guarded
from agentops.messages import message
from agentops.semconv import GenAI, Operation, SpanKind, SpanStatus
from agentops.semconv import Span as Attr
from agentops_langchain.conversation import Conversation
from agentops_langchain.model_facts import model_name, request_facts, response_facts, said
from agentops_langchain.runs import Role, Run
from agentops_langchain.tree import Tree, attempt_of

__all__ = ["Models"]


class Models:
    """Maps the events of chat models and of models that complete text.

    Args:
        tree: Where runs become spans.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def chat_started(
        self,
        serialized: Mapping[str, Any] | None,
        messages: list[BaseMessage],
        run_id: UUID,
        parent_run_id: UUID | None,
        more: Mapping[str, Any],
    ) -> None:
        """Map the start of a chat model's call."""
        run = self._open(serialized, run_id, parent_run_id, more, len(messages))
        if run is not None and run.span is not None and run.span.session.captures_content:
            conversation = _conversation(run)
            run.span.set_input(conversation.messages(messages))
            tools = (more.get("invocation_params") or {}).get("tools")
            if tools:
                run.span.set_content(GenAI.TOOL_DEFINITIONS, conversation.tools(tools))

    def completion_started(
        self,
        serialized: Mapping[str, Any] | None,
        prompts: list[str],
        run_id: UUID,
        parent_run_id: UUID | None,
        more: Mapping[str, Any],
    ) -> None:
        """Map the start of a call of a model that completes text."""
        run = self._open(serialized, run_id, parent_run_id, more, len(prompts))
        if run is not None and run.span is not None:
            run.span.set({GenAI.OPERATION_NAME: Operation.TEXT_COMPLETION})
            run.span.set_input([message("user", prompt) for prompt in prompts])

    def token_came(self, token: Any, chunk: Any, run_id: UUID) -> None:
        """Note when the first token came; a chunk that only names the role is none."""
        run = self.tree.runs.get(run_id)
        if run is None or run.first_token_ns:
            return
        if token or getattr(getattr(chunk, "message", None), "tool_call_chunks", None):
            self._note_first_token(run)

    def stream_event_came(self, event: Any, run_id: UUID) -> None:
        """Note when the first block of content came, in the newer streaming protocol."""
        run = self.tree.runs.get(run_id)
        if run is not None and not run.first_token_ns and str(event.get("event", "")).startswith("content-block"):
            self._note_first_token(run)

    def ended(self, response: LLMResult, run_id: UUID) -> None:
        """Map the end of a call."""
        run = self.tree.runs.remove(run_id)
        if run is None:
            return
        if run.parent is not None:
            run.parent.failed_request = None
        self.tree.end(run, output=said(response), attributes={**response_facts(response), **_streaming_facts(run)})

    def failed(self, error: BaseException, response: LLMResult | None, run_id: UUID) -> None:
        """Map the end of a call that raised, perhaps after a part of the answer."""
        run = self.tree.runs.remove(run_id)
        if run is None:
            return
        if run.parent is not None and run.failed_request is not None:
            run.parent.failed_request = run.failed_request
        attributes = _streaming_facts(run)
        if response is not None and response.generations:
            self.tree.fail(run, error, said(response), {**response_facts(response), **attributes})
        else:
            self.tree.fail(run, error, None, attributes)

    def _open(
        self,
        serialized: Mapping[str, Any] | None,
        run_id: UUID,
        parent_run_id: UUID | None,
        more: Mapping[str, Any],
        length: int,
    ) -> Run | None:
        runs = self.tree.runs
        if run_id in runs:
            return None
        metadata, parameters = more.get("metadata") or {}, more.get("invocation_params") or {}
        run = Run(run_id, runs.around(parent_run_id), Role.MODEL, model_name(serialized, metadata, parameters))
        attributes = request_facts(metadata, parameters)
        attributes.update(attempt_of(run, None, more) or _attempt_after_failure(run, length))
        self.tree.become_agent(run.parent, has_tools=bool(parameters.get("tools")))
        around = run.parent
        while around is not None and not around.thinks:
            around.thinks = True
            around = around.parent
        self.tree.open(run, SpanKind.LLM, run.name, attributes)
        if run.parent is None:
            self._watch_task(run)
        return run

    def _watch_task(self, run: Run) -> None:
        """End a call that stands by itself with its task: LangChain does not tell when that is cancelled."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return
        if task is not None:
            task.add_done_callback(lambda _: self._abandoned(run))

    @guarded
    def _abandoned(self, run: Run) -> None:
        if run.id in self.tree.runs:
            self.tree.runs.remove(run.id)
            self.tree.recorder.end(run.id, status=SpanStatus.CANCELLED)

    def _note_first_token(self, run: Run) -> None:
        if run.span is not None:
            run.first_token_ns = run.span.session.now_ns()


def _conversation(run: Run) -> Conversation:
    """Return what is known of the messages around, which the outermost run keeps."""
    if run.conversation is None:
        run.conversation = Conversation()
        around = run.parent
        while around is not None:
            around.conversation = run.conversation
            around = around.parent
    return run.conversation


def _attempt_after_failure(run: Run, length: int) -> dict[str, int]:
    """Retry middleware asks the same model for the same again, in the same node, after an error."""
    request = (run.name, length)
    before = run.parent.failed_request if run.parent is not None else None
    number = before[1] + 1 if before is not None and before[0] == request else 1
    run.failed_request = (request, number)
    return {Attr.ATTEMPT: number} if number > 1 else {}


def _streaming_facts(run: Run) -> dict[str, Any]:
    if not run.first_token_ns:
        return {}
    waited_s = (run.first_token_ns - run.start_ns) / 1e9
    return {GenAI.REQUEST_STREAM: True, GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: waited_s}
