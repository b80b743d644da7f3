"""Turns, model calls, tools and questions to people, each inside the middleware that AG2 runs around it."""

import json
from collections.abc import Sequence
from typing import Any, Final

from ag2.events import HumanInputRequest, HumanMessage, ModelResponse, ToolCallEvent, ToolErrorEvent
from ag2.events.base import BaseEvent
from ag2.middleware.base import AgentTurn, BaseMiddleware, HumanInputHook, LLMCall, ToolExecution

from agentops import Recorder, Span, activate, guard
from agentops.messages import Usage, text
from agentops.semconv import GenAI, SpanKind
from agentops_ag2.contents import asked_of, input_messages, output_message, tool_result_value

__all__ = ["RecordingMiddleware"]

_PROVIDERS: Final = {
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertexai": "gcp.vertex_ai",
}


class RecordingMiddleware(BaseMiddleware):
    """One per turn. It runs inline, in the task of the work, so what is current here is what is around it."""

    def __init__(
        self,
        event: BaseEvent,
        context: Any,
        *,
        recorder: Recorder,
        agent: Any,
        model: tuple[str | None, str | None],
    ) -> None:
        super().__init__(event, context)
        self._recorder = recorder
        self._agent = agent
        self._model, self._provider = model

    async def on_turn(self, call_next: AgentTurn, event: BaseEvent, context: Any) -> ModelResponse:
        """Record the turn of an agent: from the question to its last answer."""
        span: Span | None = None
        with guard("ag2.turn"):
            span = self._recorder.start(SpanKind.AGENT, self._agent.name, input=asked_of(event))
            if span is not None and context.prompt:
                span.set({GenAI.SYSTEM_INSTRUCTIONS: [text(str(part)) for part in context.prompt]})
        response: ModelResponse = await self._run(span, call_next(event, context))
        with guard("ag2.turn"):
            self._end(span, output=response.content)
        return response

    async def on_llm_call(self, call_next: LLMCall, events: Sequence[BaseEvent], context: Any) -> ModelResponse:
        """Record a model call, with its tokens."""
        attributes = {GenAI.REQUEST_MODEL: self._model, GenAI.PROVIDER_NAME: _provider(self._provider)}
        span: Span | None = None
        with guard("ag2.model"):
            span = self._recorder.start(SpanKind.LLM, self._model or "model", attributes=attributes)
            if span is not None and span.session.captures_content:
                span.set_input(input_messages(context.prompt, events))
        response: ModelResponse = await self._run(span, call_next(events, context))
        with guard("ag2.model"):
            if span is not None:
                self._answered(span, response)
        return response

    async def on_tool_execution(self, call_next: ToolExecution, event: ToolCallEvent, context: Any) -> Any:
        """Record a tool's execution; its error is handed to the model as a result."""
        span: Span | None = None
        with guard("ag2.tool"):
            known = {GenAI.TOOL_CALL_ID: event.id}
            span = self._recorder.start(SpanKind.TOOL, event.name, input=_parsed(event.arguments), attributes=known)
        result = await self._run(span, call_next(event, context))
        with guard("ag2.tool"):
            if isinstance(result, ToolErrorEvent):
                self._end(span, error=result.error)
            else:
                self._end(span, output=tool_result_value(result))
        return result

    async def on_human_input(self, call_next: HumanInputHook, event: HumanInputRequest, context: Any) -> HumanMessage:
        """Record that a person is asked, and how long the answer took."""
        span: Span | None = None
        with guard("ag2.human"):
            span = self._recorder.start(SpanKind.HUMAN, "human input", input=event.content)
        answer: HumanMessage = await self._run(span, call_next(event, context))
        with guard("ag2.human"):
            self._end(span, output=answer.content)
        return answer

    async def _run(self, span: Span | None, work: Any) -> Any:
        try:
            with activate(span):
                return await work
        except BaseException as error:
            self._end(span, error=error)
            raise

    def _answered(self, span: Span, response: ModelResponse) -> None:
        model = response.model or self._model
        if self._model is None and model is not None:
            self._recorder.update(span, name=model)
        facts = {
            GenAI.REQUEST_MODEL: self._model or model,
            GenAI.RESPONSE_MODEL: response.model,
            GenAI.PROVIDER_NAME: _provider(response.provider or self._provider),
            GenAI.RESPONSE_ID: getattr(response, "response_id", None),
            GenAI.RESPONSE_FINISH_REASONS: [response.finish_reason] if response.finish_reason else None,
            **_usage(response.usage),
        }
        output = [output_message(response)] if span.session.captures_content else None
        self._end(span, output=output, attributes=facts)

    def _end(self, span: Span | None, **facts: Any) -> None:
        if span is not None and not span.has_ended:
            self._recorder.end(span, **facts)


def _provider(name: str | None) -> str | None:
    return _PROVIDERS.get(name, name) if name is not None else None


def _usage(used: Any) -> dict[str, object]:
    """Return the tokens, which AG2 counts in floating point."""
    return Usage(
        input_tokens=_count(used.prompt_tokens),
        output_tokens=_count(used.completion_tokens),
        cache_read=_count(used.cache_read_input_tokens),
        cache_creation=_count(used.cache_creation_input_tokens),
        reasoning=_count(getattr(used, "thinking_tokens", None)),
    ).attributes()


def _count(tokens: float | None) -> int | None:
    return None if tokens is None else int(tokens)


def _parsed(arguments: str) -> object:
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments
