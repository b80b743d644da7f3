"""The trees of ADK, whole, and what stands in their spans."""

import asyncio
import textwrap

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import agentops
from agentops.testing import Recording
from agentops_google_adk import demo
from tests.house import ROOT
from tests.integrations.google_adk.agents_under_test import ASKED, ask, calculator, check, fail, run

EXPORTER = InMemorySpanExporter()
PROVIDER = TracerProvider()
PROVIDER.add_span_processor(SimpleSpanProcessor(EXPORTER))
trace.set_tracer_provider(PROVIDER)

WHOLE = """\
session default
  workflow calculator
    agent calculator
      llm gemini-2.5-flash
      tool add
      llm gemini-2.5-flash"""


def test_what_was_said_is_on_the_span_of_the_call(recorded: Recording) -> None:
    """Messages, instructions, tools and tokens are on the llm span, though ADK was not asked for content."""
    run(calculator())
    assert check(recorded) == WHOLE
    first, tool, last = recorded.spans[3:]
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 130]
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in (first, last)] == [16, 8]
    asked = {"role": "user", "parts": [{"type": "text", "content": ASKED}]}
    call = {"type": "tool_call", "id": "call_1_1", "name": "add", "arguments": {"a": 2, "b": 3}}
    said = {"role": "assistant", "parts": [{"type": "text", "content": "It is 5."}], "finish_reason": "stop"}
    result = {"type": "tool_call_response", "id": "call_1_1", "response": {"sum": 5}}
    assert (first.input, first.output) == (
        [asked],
        [{"role": "assistant", "parts": [call], "finish_reason": "stop"}],
    )
    assert last.input == [asked, {"role": "assistant", "parts": [call]}, {"role": "tool", "parts": [result]}]
    assert last.output == [said]
    assert str(first.attributes["gen_ai.system_instructions"]).count("Do the sums.") == 1
    assert (tool.input, tool.output) == ({"a": 2, "b": 3}, {"sum": 5})
    assert tool.attributes["gen_ai.tool.call.id"] == "call_1_1"


def test_the_demo_is_what_the_page_shows(recorded: Recording) -> None:
    """A transfer, an agent as a tool, and two tools at once."""
    assert asyncio.run(demo.run()).startswith("Booked")
    shown = textwrap.indent(check(recorded).replace("session default", "session front desk"), "    ")
    assert shown in (ROOT / "docs" / "integrations" / "google-adk.md").read_text()


def test_a_tool_that_raises_keeps_its_error(recorded: Recording) -> None:
    """Everything that the exception passes through is marked, with the stack where it began."""
    with pytest.raises(ZeroDivisionError):
        run(calculator(fail))
    failed = "[error ZeroDivisionError]"
    assert check(recorded) == (
        f"session default\n  workflow calculator {failed}\n    agent calculator {failed}\n"
        f"      llm gemini-2.5-flash\n      tool fail {failed}"
    )
    (tool,) = recorded.find("tool")
    assert tool.error is not None
    assert "in fail" in str(tool.error.stack)


def test_what_a_tool_records_is_below_it(recorded: Recording) -> None:
    """A decorated function in a tool."""

    @agentops.operation
    def look_up() -> int:
        return 5

    def find(a: int, b: int) -> dict[str, int]:
        """Find a sum."""
        return {"sum": look_up()}

    run(calculator(find))
    assert "      tool find\n        operation look_up\n" in check(recorded)


def test_who_collects_the_spans_already_gets_no_more_than_before(recorded: Recording) -> None:
    """The user's provider gets each span, without the content that is switched on for agentops alone."""
    EXPORTER.clear()
    run(calculator())
    told = EXPORTER.get_finished_spans()
    assert len(told) == 5
    assert ASKED not in str([dict(span.attributes or {}) for span in told])
    agentops.disable("google-adk")
    run(calculator())
    assert len(EXPORTER.get_finished_spans()) == 10
    assert check(recorded) == WHOLE


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
