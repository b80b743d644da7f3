"""The trees of Strands, whole, and what stands in their spans."""

import asyncio
import textwrap

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from strands import tool
from strands.telemetry.tracer import get_tracer

import agentops
from agentops.testing import Recording
from agentops_strands import demo
from agentops_strands.scripted import Answer, ScriptedModel
from tests.house import ROOT
from tests.integrations.strands.agents_under_test import ASKED, calculator, check, fail, run

WHOLE = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool add
    llm gpt-4o-mini"""


def test_what_was_said_is_on_the_span_of_the_call(recorded: Recording) -> None:
    """Messages, tokens and reasons are on the llm span; prompt and answer on the agent's."""
    run(calculator())
    assert check(recorded) == WHOLE
    agent, first, tool_span, last = recorded.spans[1:]
    assert (agent.input, str(agent.output).strip()) == (ASKED, "It is 5.")
    assert not [name for name in agent.attributes if "usage" in name], "tokens have one owner"
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 130]
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in (first, last)] == [16, 8]
    assert "gen_ai.provider.name" not in first.attributes, "Strands is nobody's provider"
    asked = [
        {"role": "system", "parts": [{"type": "text", "content": "Do the sums."}]},
        {"role": "user", "parts": [{"type": "text", "content": ASKED}]},
    ]
    call = {"type": "tool_call", "id": "call_1_1", "name": "add", "arguments": {"a": 2, "b": 3}}
    returned = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1_1", "response": "5"}]}
    said = {"role": "assistant", "parts": [{"type": "text", "content": "It is 5."}], "finish_reason": "end_turn"}
    assert (first.input, first.output) == (asked, [{"role": "assistant", "parts": [call], "finish_reason": "tool_use"}])
    assert (last.input, last.output) == ([*asked, {"role": "assistant", "parts": [call]}, returned], [said])
    assert (tool_span.input, tool_span.output) == ({"a": 2, "b": 3}, "5")
    assert tool_span.attributes["gen_ai.tool.call.id"] == "call_1_1"


takes_attributes_only = pytest.mark.skipif(
    not hasattr(get_tracer(), "_span_attributes_only"),
    reason="messages are in the events of spans; a convention that puts them into attributes is not known",
)


@pytest.mark.parametrize(
    "chosen",
    [
        {"use_latest_genai_conventions": True},
        pytest.param(
            {"use_latest_genai_conventions": True, "_span_attributes_only": True}, marks=takes_attributes_only
        ),
    ],
    ids=["gen_ai_latest_experimental", "gen_ai_span_attributes_only"],
)
def test_other_conventions_say_the_same(
    recorded: Recording, chosen: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strands tells messages in the old way or the new one, as the environment says."""
    tracer = get_tracer()
    for name, value in chosen.items():
        monkeypatch.setattr(tracer, name, value)
    run(calculator())
    assert check(recorded) == WHOLE
    first, last = recorded.find("llm")
    assert first.input == [{"role": "user", "parts": [{"type": "text", "content": ASKED}]}]
    assert last.output == [
        {"role": "assistant", "parts": [{"type": "text", "content": "It is 5."}], "finish_reason": "end_turn"}
    ]
    (tool_span,) = recorded.find("tool")
    assert tool_span.input == {"a": 2, "b": 3}


def test_the_demo_is_what_the_page_shows(recorded: Recording) -> None:
    """A graph, two agents at once, an agent in a tool, and a tool whose error the model reads."""
    assert demo.run().strip().endswith("Checked.")
    shown = textwrap.indent(check(recorded).replace("session default", "session newsroom"), "    ")
    page = (ROOT / "docs" / "integrations" / "strands.md").read_text()
    assert sorted(shown.splitlines()) == sorted(line for line in page.splitlines() if line in shown.splitlines())
    assert shown.splitlines()[:7] == page.splitlines()[page.splitlines().index("    session newsroom") :][:7]


def test_a_tool_that_raises_keeps_its_error(recorded: Recording) -> None:
    """Strands hands it to the model as a text; the tool's span has type, message and stack."""
    run(calculator(fail))
    assert check(recorded) == WHOLE.replace("tool add", "tool fail [error ZeroDivisionError]")
    (span,) = recorded.find("tool")
    assert span.error is not None
    assert span.error.message == "no result today"
    assert "in fail" in str(span.error.stack)


def test_a_cancelled_run_is_cancelled(recorded: Recording) -> None:
    """All that was under way is ended, and none of it went well."""
    slow = calculator(model=ScriptedModel("gpt-4o-mini", [Answer(text="late", seconds=10)]))

    async def cancel() -> None:
        task = asyncio.ensure_future(slow.invoke_async("Go."))
        await asyncio.sleep(0.2)
        assert recorded.find("llm")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    recorded.runtime.finish()
    assert all(span.has_ended for span in recorded.spans)
    assert "ok" not in {span.status for span in recorded.spans[1:]}


def test_what_a_tool_records_is_below_it(recorded: Recording) -> None:
    """A decorated function in a tool, which Strands runs in a thread."""

    @agentops.operation
    def look_up() -> int:
        return 5

    @tool
    def find(a: int, b: int) -> int:
        """Find a sum."""
        return look_up()

    run(calculator(find))
    assert "    tool find\n      operation look_up\n" in check(recorded)


def test_who_collects_the_spans_already_goes_on_getting_them(
    recorded: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tracer that Strands had gets each span, loops included; ours are gone when the integration is."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    agentops.disable("strands")
    inner = provider.get_tracer("strands")
    monkeypatch.setattr(get_tracer(), "tracer", inner)
    agentops.enable("strands")
    run(calculator())
    told = len(exporter.get_finished_spans())
    assert told > 4
    agentops.disable("strands")
    assert get_tracer().tracer is inner
    run(calculator())
    assert len(exporter.get_finished_spans()) == 2 * told
    assert check(recorded) == WHOLE


def test_two_sessions_at_once_do_not_mix(recorded: Recording) -> None:
    """Each run is in the session of its own task."""

    @agentops.session
    async def one() -> None:
        await calculator().invoke_async(ASKED)

    async def both() -> None:
        await asyncio.gather(one(), one())

    asyncio.run(both())
    check(recorded)
    outlines = [recorded.outline(session).partition("\n")[2] for session in recorded.sessions]
    assert outlines == [WHOLE.partition("\n")[2]] * 2
