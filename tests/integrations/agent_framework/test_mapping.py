"""The trees of Agent Framework, whole, and what stands in their spans."""

import asyncio
import textwrap
from typing import Any

import pytest
from agent_framework import observability
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import agentops
from agentops.testing import Recording
from agentops_agent_framework import demo
from tests.house import ROOT
from tests.integrations.agent_framework.agents_under_test import ASKED, calculator, check, fail

EXPORTER = InMemorySpanExporter()
PROVIDER = TracerProvider()
PROVIDER.add_span_processor(SimpleSpanProcessor(EXPORTER))
trace.set_tracer_provider(PROVIDER)

WHOLE = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool add
    llm gpt-4o-mini"""


async def ask(agent: Any) -> str:
    return str(await agent.run(ASKED))


def test_what_was_said_is_on_the_span_of_the_call(recorded: Recording) -> None:
    """Messages, instructions and tokens are on the llm span, prompt and answer on the agent's."""
    assert asyncio.run(ask(calculator())) == "It is 5."
    assert check(recorded) == WHOLE
    agent, first, tool, last = recorded.spans[1:]
    assert agent.input == ASKED
    assert agent.output == "It is 5."
    assert not [name for name in agent.attributes if "usage" in name], "tokens have one owner"
    assert {type(name) for span in recorded.spans for name in span.attributes} == {str}
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 130]
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in (first, last)] == [16, 8]
    assert first.attributes["gen_ai.response.finish_reasons"] == ("tool_calls",)
    asked = {"role": "user", "parts": [{"type": "text", "content": ASKED}]}
    call = {"type": "tool_call", "id": "call_1_1", "name": "add", "arguments": {"a": 2, "b": 3}}
    said = {"role": "assistant", "parts": [{"type": "text", "content": "It is 5."}], "finish_reason": "stop"}
    called = {"role": "assistant", "parts": [call]}
    returned = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1_1", "response": "5"}]}
    assert (first.input, first.output) == ([asked], [{**called, "finish_reason": "tool_call"}])
    assert (last.input, last.output) == ([asked, called, returned], [said])
    assert first.attributes["gen_ai.system_instructions"] == [{"type": "text", "content": "Do the sums."}]
    assert (tool.input, tool.output) == ({"a": 2, "b": 3}, "5")


def test_the_demo_is_what_the_page_shows(recorded: Recording) -> None:
    """An agent as a tool, tools at once, one that fails, and another agent at the same time."""
    assert asyncio.run(demo.run()).endswith("(W-5512).")
    shown = textwrap.indent(check(recorded).replace("session default", "session wine merchant"), "    ")
    assert shown in (ROOT / "docs" / "integrations" / "agent-framework.md").read_text()


def test_a_tool_that_raises_keeps_its_error(recorded: Recording) -> None:
    """The framework hands it to the model as a text; the tool's span has type, message and stack."""
    asyncio.run(ask(calculator(fail)))
    assert check(recorded) == WHOLE.replace("tool add", "tool fail [error ZeroDivisionError]")
    (tool,) = recorded.find("tool")
    assert tool.error is not None
    assert tool.error.message == "no result today"
    assert "in fail" in str(tool.error.stack)


def test_what_a_tool_records_is_below_it(recorded: Recording) -> None:
    """A decorated function in a tool."""

    @agentops.operation
    def look_up() -> int:
        return 5

    def find(a: int, b: int) -> int:
        """Find a sum."""
        return look_up()

    asyncio.run(ask(calculator(find)))
    assert "    tool find\n      operation look_up\n" in check(recorded)


def test_who_collects_the_spans_already_gets_no_more_than_before(recorded: Recording) -> None:
    """The user's provider gets each span, without the content that is switched on for agentops alone."""
    EXPORTER.clear()
    asyncio.run(ask(calculator()))
    told = EXPORTER.get_finished_spans()
    assert len(told) == 4
    assert ASKED not in str([dict(span.attributes or {}) for span in told])
    agentops.disable("agent-framework")
    asyncio.run(ask(calculator()))
    assert len(EXPORTER.get_finished_spans()) == 8
    assert check(recorded) == WHOLE


def test_what_is_switched_off_for_good_stays_off(recorded: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """``disable_instrumentation()`` is the user's word: the framework makes no spans, and none is recorded."""
    monkeypatch.setattr(observability.OBSERVABILITY_SETTINGS, "_enable_instrumentation", False)
    asyncio.run(ask(calculator()))
    recorded.runtime.finish()
    assert recorded.spans[1:] == []


def test_two_sessions_at_once_do_not_mix(recorded: Recording) -> None:
    """Each run is in the session of its own task."""

    @agentops.session
    async def one() -> None:
        await ask(calculator())

    async def both() -> None:
        await asyncio.gather(one(), one())

    asyncio.run(both())
    check(recorded)
    outlines = [recorded.outline(session).partition("\n")[2] for session in recorded.sessions]
    assert outlines == [WHOLE.partition("\n")[2]] * 2
