"""The callback handler: LangChain's events, handed to the tracker."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult

from agentops import guarded
from agentops_langchain import ambient
from agentops_langchain.tracker import tracker

__all__ = ["AgentOpsCallbackHandler", "EveryRunHandler"]


class AgentOpsCallbackHandler(BaseCallbackHandler):
    """Records the runs that it is given to, in ``config={"callbacks": [AgentOpsCallbackHandler()]}``.

    All handlers of a process record into the same tree and know the same runs, so that none is recorded twice, also
    where ``agentops.init()`` records every run already. Serves synchronous and asynchronous runs: it never waits, and
    runs inline, so that events keep their order.

    Args:
        tags: Added to the session of each run that it is given to: a list of strings, a mapping, or one string.
    """

    run_inline = True

    def __init__(self, *, tags: Iterable[str] | Mapping[str, object] | None = None) -> None:
        super().__init__()
        self._tracker = tracker()
        self._tags = tags
        if type(self) is not EveryRunHandler:
            ambient.watch()

    @guarded
    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        """Open a chain, graph, node or agent."""
        self._tracker.chains.started(serialized, inputs, run_id, parent_run_id, more)
        if parent_run_id is None and self._tags:
            self._tracker.tag(run_id, self._tags)

    @guarded
    def on_chain_end(self, outputs: Any, *, run_id: UUID, **more: Any) -> None:
        """End it."""
        self._tracker.chains.ended(outputs, run_id, more)

    @guarded
    def on_chain_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        """End it with an error, or with what LangGraph raises to steer a graph."""
        self._tracker.failed(error, run_id)

    @guarded
    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        """Open a call of a chat model."""
        self._tracker.models.chat_started(serialized, messages[0] if messages else [], run_id, parent_run_id, more)
        if parent_run_id is None and self._tags:
            self._tracker.tag(run_id, self._tags)

    @guarded
    def on_llm_start(
        self,
        serialized: dict[str, Any] | None,
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        """Open a call of a model that completes text."""
        self._tracker.models.completion_started(serialized, prompts, run_id, parent_run_id, more)
        if parent_run_id is None and self._tags:
            self._tracker.tag(run_id, self._tags)

    @guarded
    def on_llm_new_token(self, token: Any, *, run_id: UUID, chunk: Any = None, **more: Any) -> None:
        """Note the first token."""
        self._tracker.models.token_came(token, chunk, run_id)

    @guarded
    def on_stream_event(self, event: Any, *, run_id: UUID, **more: Any) -> None:
        """Note the first token, in the streaming protocol of LangChain 1.3 and later."""
        self._tracker.models.stream_event_came(event, run_id)

    @guarded
    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **more: Any) -> None:
        """End a model call."""
        self._tracker.models.ended(response, run_id)

    @guarded
    def on_llm_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        """End a model call with an error; what had come until then is kept."""
        self._tracker.models.failed(error, more.get("response"), run_id)

    @guarded
    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        """Open a tool."""
        self._tracker.tools.tool_started(serialized, input_str, run_id, parent_run_id, more)
        if parent_run_id is None and self._tags:
            self._tracker.tag(run_id, self._tags)

    @guarded
    def on_tool_end(self, output: Any, *, run_id: UUID, **more: Any) -> None:
        """End a tool."""
        self._tracker.tools.tool_ended(output, run_id)

    @guarded
    def on_tool_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        """End a tool with an error."""
        self._tracker.failed(error, run_id)

    @guarded
    def on_retriever_start(
        self,
        serialized: dict[str, Any] | None,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        """Open a retriever."""
        self._tracker.tools.retriever_started(serialized, query, run_id, parent_run_id, more)
        if parent_run_id is None and self._tags:
            self._tracker.tag(run_id, self._tags)

    @guarded
    def on_retriever_end(self, documents: Sequence[Document], *, run_id: UUID, **more: Any) -> None:
        """End a retriever."""
        self._tracker.tools.retriever_ended(documents, run_id)

    @guarded
    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        """End a retriever with an error."""
        self._tracker.failed(error, run_id)

    @guarded
    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **more: Any) -> None:
        """Record what the program dispatched with ``dispatch_custom_event``."""
        self._tracker.custom_event(name, data, run_id)


class EveryRunHandler(AgentOpsCallbackHandler):
    """The handler that the plugin adds to every run, and takes away again."""
