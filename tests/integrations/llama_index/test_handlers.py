"""Beside the user's own handlers, and when something goes wrong in ours."""

import asyncio
from typing import Any

import pytest
from llama_index_instrumentation import root_dispatcher
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span_handlers import SimpleSpanHandler

import agentops
from agentops.sdk.guard import guard
from agentops.testing import Recording, recording
from agentops_llama_index.models import Models
from agentops_llama_index.scripted import Answer, ScriptedLLM
from agentops_llama_index.tools import Tools
from agentops_llama_index.workflows import Workflows
from tests.integrations.llama_index.agents_under_test import ask, calculator, check


class Sealed:
    """A result of which nothing can be asked."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        raise RuntimeError("sealed")

    def __str__(self) -> str:
        return "sealed"


def seal(a: int, b: int) -> Sealed:
    """Return something that says nothing."""
    return Sealed()


def test_handlers_of_the_users_own_go_on(recorded: Recording) -> None:
    """They hear what they heard, and stay when ours go."""
    heard: list[str] = []

    class Listener(BaseEventHandler):
        def handle(self, event: Any, **kwargs: Any) -> None:
            heard.append(event.class_name())

    spans, events = SimpleSpanHandler(), Listener()
    root_dispatcher.add_span_handler(spans)
    root_dispatcher.add_event_handler(events)
    try:
        asyncio.run(ask(calculator()))
        agentops.disable("llama-index")
        assert any(handler is spans for handler in root_dispatcher.span_handlers)
        assert any(handler is events for handler in root_dispatcher.event_handlers)
    finally:
        root_dispatcher.span_handlers.remove(spans)
        root_dispatcher.event_handlers.remove(events)
    check(recorded)
    assert heard.count("LLMChatEndEvent") == len(recorded.find("llm")) == 2
    assert [span.id_ for span in spans.completed_spans if span.id_.startswith("FunctionTool.acall")]


def test_what_cannot_be_described_is_left_out() -> None:
    """A tool's result of which nothing can be asked: its span ends without it, and the run goes on."""
    with recording(is_loud=False) as recorded:
        agentops.enable("llama-index")
        assert asyncio.run(ask(calculator(seal))) == "It is 5."
        assert guard.state.failures["llama_index.content"] == 1
        guard.state.forget()
        agentops.disable("llama-index")
    check(recorded)
    (tool,) = recorded.find("tool")
    assert (tool.status, tool.output) == ("ok", None)


def test_a_model_that_answers_strangely_is_recorded() -> None:
    """A model class that returns what no other would: the call ends, without an answer."""

    class Strange(ScriptedLLM):
        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            return 5

    with recording(is_loud=False) as recorded:
        agentops.enable("llama-index")
        assert Strange("gpt-4o", []).complete("2 + 3 =") == 5
        assert guard.state.failures
        guard.state.forget()
        agentops.disable("llama-index")
    assert check(recorded) == "session default\n  llm gpt-4o"


@pytest.mark.parametrize(
    ("part", "method"),
    [(Models, "began"), (Models, "happened"), (Models, "ended"), (Tools, "began"), (Tools, "ended"),
     (Workflows, "began"), (Workflows, "step_began"), (Workflows, "ended")],
)  # fmt: skip
def test_a_fault_of_ours_does_not_reach_the_run(monkeypatch: pytest.MonkeyPatch, part: type, method: str) -> None:
    """Whatever of ours raises, the run gives what it gives without us, and the fault is counted."""

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a fault of ours")

    with recording(is_loud=False) as recorded:
        agentops.enable("llama-index")
        monkeypatch.setattr(part, method, broken)
        assert asyncio.run(ask(calculator())) == "It is 5."
        assert guard.state.failures
        guard.state.forget()
        monkeypatch.undo()
        agentops.disable("llama-index")
        recorded.runtime.finish()
    assert all(span.has_ended for span in recorded.spans)


def test_switching_off_in_the_middle_ends_what_runs() -> None:
    """What is open then is closed with its session, and what comes after is not recorded."""

    def leave(a: int, b: int) -> int:
        """Switch off."""
        agentops.disable("llama-index")
        return a + b

    call = Answer(calls=[("leave", {"a": 2, "b": 3})])
    with recording() as recorded:
        agentops.enable("llama-index")
        assert asyncio.run(ask(calculator(leave, ScriptedLLM("gpt-4o", [call, "It is 5."])))) == "It is 5."
        recorded.runtime.finish()
    assert [span.kind for span in recorded.spans] == ["session", "agent", "llm", "tool"]
    assert all(span.has_ended for span in recorded.spans)
