"""The trees of Pydantic AI, whole, and what stands in their spans."""

import asyncio
import textwrap
from pathlib import Path

import pydantic_ai
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

import agentops
from agentops.testing import Recording, recording
from agentops_pydantic_ai import demo
from agentops_pydantic_ai.scripted import Answer, ScriptedModel
from tests.house import ROOT
from tests.integrations.pydantic_ai.agents_under_test import ASKED, calculator, check, fail, run

WHOLE = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool add
    llm gpt-4o-mini"""


def _says(name: str) -> bool:
    """Whether this version of Pydantic AI says something of this name in its spans."""
    sources = Path(pydantic_ai.__file__).parent.rglob("*instrument*.py")
    return any(name in source.read_text() for source in sources)


def _finished(exporter: InMemorySpanExporter) -> list[str]:
    # Versions before 2 have one around all tools that a model asked for at once.
    return [span.name for span in exporter.get_finished_spans() if span.name != "running tools"]


def test_what_was_said_is_on_the_span_of_the_call(recorded: Recording) -> None:
    """Messages, instructions, tools, tokens and reasons are on the llm span; prompt and answer on the agent's."""
    run(calculator())
    check(recorded)
    assert recorded.outline() == WHOLE
    agent, first, tool, last = recorded.spans[1:]
    assert (agent.input, agent.output) == (ASKED, "It is 5.")
    assert not [name for name in agent.attributes if "usage" in name], "tokens have one owner"
    usage = [
        (s.attributes["gen_ai.usage.input_tokens"], s.attributes["gen_ai.usage.output_tokens"]) for s in (first, last)
    ]
    assert usage == [(90, 16), (130, 8)]
    asked = {"role": "user", "parts": [{"type": "text", "content": ASKED}]}
    call = {"type": "tool_call", "id": "call_1_1", "name": "add", "arguments": {"a": 2, "b": 3}}
    called = {"role": "assistant", "parts": [call], "finish_reason": "tool_call"}
    returned = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1_1", "response": 5}]}
    said = {"role": "assistant", "parts": [{"type": "text", "content": "It is 5."}], "finish_reason": "stop"}
    assert (first.input, first.output) == ([asked], [called])
    assert (last.input, last.output) == ([asked, called, returned], [said])
    assert first.attributes["gen_ai.system_instructions"] == [{"type": "text", "content": "Do the sums."}]
    assert (tool.input, tool.output) == ({"a": 2, "b": 3}, "5")
    assert tool.attributes["gen_ai.tool.call.id"] == "call_1_1"


@pytest.mark.skipif(not _says("gen_ai.tool.definitions"), reason="model calls do not say which tools are offered")
def test_a_model_call_says_what_tools_it_was_offered(recorded: Recording) -> None:
    """Each with its name, on every call."""
    run(calculator())
    for span in recorded.find("llm"):
        assert [item["name"] for item in span.attributes["gen_ai.tool.definitions"]] == ["add"]  # type: ignore[attr-defined]


def test_the_demo_is_what_the_page_shows(recorded: Recording) -> None:
    """Agents below the tools that ask them, a retried tool, and a failure that the program has caught."""
    assert asyncio.run(demo.run()).total_eur == 187.9
    check(recorded)
    shown = textwrap.indent(recorded.outline().replace("session default", "session travel desk"), "    ")
    assert shown in (ROOT / "docs" / "integrations" / "pydantic-ai.md").read_text()


def test_a_tool_that_raises_keeps_its_error(recorded: Recording) -> None:
    """Tool and agent are marked, with type, message and stack; the model call is not."""
    with pytest.raises(ZeroDivisionError):
        run(calculator(fail))
    check(recorded)
    assert recorded.outline() == (
        "session default\n"
        "  agent calculator [error ZeroDivisionError]\n"
        "    llm gpt-4o-mini\n"
        "    tool fail [error ZeroDivisionError]"
    )
    (tool,) = recorded.find("tool")
    assert tool.error is not None
    assert "in fail" in str(tool.error.stack)


def test_a_cancelled_run_is_cancelled(recorded: Recording) -> None:
    """All that was under way is marked cancelled, and ended."""
    slow = Agent(ScriptedModel("gpt-4o-mini", [Answer(text="late", seconds=10)]), name="slow")

    async def cancel() -> None:
        task = asyncio.ensure_future(slow.run("Go."))
        await asyncio.sleep(0.2)
        assert recorded.find("llm")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    check(recorded)
    assert {span.status for span in recorded.spans[1:]} == {"cancelled"}


def test_what_a_tool_records_is_below_it(recorded: Recording) -> None:
    """A decorated function in a plain tool, which Pydantic AI runs in a thread."""

    @agentops.operation
    def look_up() -> int:
        return 5

    def find(a: int, b: int) -> int:
        return look_up()

    run(calculator(find))
    check(recorded)
    assert "    tool find\n      operation look_up\n" in recorded.outline()


@pytest.mark.skipif(not _says("time_to_first_chunk"), reason="streamed model calls have no time to the first token")
def test_streaming_says_when_the_first_token_came(recorded: Recording) -> None:
    """The time to the first chunk is in seconds, on each streamed call."""

    async def stream() -> None:
        async with calculator().run_stream(ASKED) as result:
            async for _ in result.stream_text():
                pass

    asyncio.run(stream())
    check(recorded)
    assert recorded.outline() == WHOLE
    assert all(
        isinstance(span.attributes["gen_ai.response.time_to_first_chunk"], float) for span in recorded.find("llm")
    )


def test_who_collects_the_spans_already_goes_on_getting_them() -> None:
    """A provider that the user has given gets each span; ours are beside, and gone when the integration is."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = InstrumentationSettings(tracer_provider=provider)
    Agent.instrument_all(before)
    try:
        with recording() as recorded:
            agentops.enable("pydantic-ai")
            run(calculator())
            assert len(_finished(exporter)) == 4
            agentops.disable("pydantic-ai")
            assert Agent._instrument_default is before
            run(calculator())
        assert check(recorded) == WHOLE
        assert len(_finished(exporter)) == 8
    finally:
        Agent.instrument_all(False)


def test_what_is_chosen_later_is_recorded_too(recorded: Recording) -> None:
    """Settings for all agents or for one, made after the integration was enabled, or ``instrument_all(False)``."""
    settings = InstrumentationSettings(tracer_provider=TracerProvider())
    Agent.instrument_all(settings)
    run(calculator())
    Agent.instrument_all(False)
    run(calculator())
    one = calculator()
    one.instrument = settings
    run(one)
    agentops.disable("pydantic-ai")
    assert Agent._instrument_default is False
    run(one)
    check(recorded)
    assert recorded.outline() == WHOLE + WHOLE.removeprefix("session default") * 2


def test_two_sessions_at_once_do_not_mix(recorded: Recording) -> None:
    """Each run is in the session of its own task."""

    async def both() -> None:
        ask = agentops.session(calculator().run)
        await asyncio.gather(ask(ASKED), ask(ASKED))

    asyncio.run(both())
    check(recorded)
    outlines = [recorded.outline(session).partition("\n")[2] for session in recorded.sessions]
    assert outlines == [WHOLE.partition("\n")[2]] * 2
