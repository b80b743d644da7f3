"""The trees of AG2, whole, and what stands in their spans."""

import asyncio
import textwrap

from ag2 import Agent, Context
from ag2.middleware.builtin import RetryMiddleware, TelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import agentops
from agentops.testing import Recording
from agentops_ag2 import demo
from agentops_ag2.scripted import Answer, ScriptedModel
from tests.house import ROOT
from tests.integrations.ag2.agents_under_test import ASKED, ask, calculator, check, fail

WHOLE = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool add
    llm gpt-4o-mini"""


def test_what_was_said_is_on_the_span_of_the_call(recorded: Recording) -> None:
    """Messages, finish reason and tokens are on the llm span, prompt and answer on the agent's."""
    assert asyncio.run(ask(calculator())) == "It is 5."
    assert check(recorded) == WHOLE
    agent, first, tool, last = recorded.spans[1:]
    assert (agent.input, agent.output) == (ASKED, "It is 5.")
    assert agent.attributes["gen_ai.system_instructions"] == [{"type": "text", "content": "Do the sums."}]
    assert not [name for name in agent.attributes if "usage" in name], "tokens have one owner"
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 130]
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in (first, last)] == [16, 8]
    assert first.attributes["gen_ai.response.finish_reasons"] == ("tool_calls",)
    assert first.attributes["gen_ai.provider.name"] == "openai"
    told = {"role": "system", "parts": [{"type": "text", "content": "Do the sums."}]}
    asked = {"role": "user", "parts": [{"type": "text", "content": ASKED}]}
    call = {"type": "tool_call", "id": "call_1_1", "name": "add", "arguments": {"a": 2, "b": 3}}
    called = {"role": "assistant", "parts": [call], "finish_reason": "tool_calls"}
    returned = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1_1", "response": tool.output}]}
    said = {"role": "assistant", "parts": [{"type": "text", "content": "It is 5."}], "finish_reason": "stop"}
    assert (first.input, first.output) == ([told, asked], [called])
    assert (last.input, last.output) == ([told, asked, called, returned], [said])
    assert (tool.input, str(tool.output)) == ({"a": 2, "b": 3}, "5")
    assert tool.attributes["gen_ai.tool.call.id"] == "call_1_1"


def test_the_demo_is_what_the_page_shows(recorded: Recording) -> None:
    """An agent as a tool, a tool that fails, and another agent at the same time."""
    assert asyncio.run(demo.run()).endswith("(G-771).")
    shown = textwrap.indent(check(recorded).replace("session default", "session garden shop"), "    ")
    assert shown in (ROOT / "docs" / "integrations" / "ag2.md").read_text()


def test_a_tool_that_raises_keeps_its_error(recorded: Recording) -> None:
    """The framework hands it to the model as a text; the tool's span has type, message and stack."""
    asyncio.run(ask(calculator(fail)))
    assert check(recorded) == WHOLE.replace("tool add", "tool fail [error ZeroDivisionError]")
    (tool,) = recorded.find("tool")
    assert tool.error is not None
    assert tool.error.message == "no result today"
    assert "in fail" in str(tool.error.stack)


def test_what_a_tool_records_is_below_it(recorded: Recording) -> None:
    """A decorated function in a tool, which AG2 may run in a thread."""

    @agentops.operation
    def look_up() -> int:
        return 5

    def find(a: int, b: int) -> int:
        """Find a sum."""
        return look_up()

    asyncio.run(ask(calculator(find)))
    assert "    tool find\n      operation look_up\n" in check(recorded)


def test_the_next_turn_of_a_conversation_is_another_run(recorded: Recording) -> None:
    """A reply that is asked on: two runs, each with its own call, the second with all that was said."""
    model = ScriptedModel("gpt-4o", ["Two.", "Four."])

    async def talk() -> None:
        first = await Agent("teacher", config=model).ask("1 + 1?")
        await first.ask("And twice that?")

    asyncio.run(talk())
    assert check(recorded) == "session default\n  agent teacher\n    llm gpt-4o\n  agent teacher\n    llm gpt-4o"
    assert [span.input for span in recorded.find("agent")] == ["1 + 1?", "And twice that?"]
    assert [part["role"] for part in recorded.find("llm")[1].input] == ["user", "assistant", "user"]


def test_each_attempt_of_a_retry_is_a_call(recorded: Recording) -> None:
    """The user's middleware is around ours: it sees the same exception, and its second attempt is another span."""

    class Flaky(ScriptedModel):
        def create(self) -> object:
            client = super().create()

            async def call(*args: object, **kwargs: object) -> object:
                if failures:
                    raise failures.pop()
                return await client(*args, **kwargs)

            return call

    failures = [ConnectionError("try again")]
    agent = Agent("patient", config=Flaky("gpt-4o", ["Done."]), middleware=[RetryMiddleware(max_retries=1)])
    assert asyncio.run(ask(agent)) == "Done."
    assert check(recorded) == "session default\n  agent patient\n    llm gpt-4o [error ConnectionError]\n    llm gpt-4o"


def test_a_person_who_is_asked_is_no_time_of_the_tool(recorded: Recording) -> None:
    """A question to a human is a span of its own, with question and answer."""

    async def approve(a: int, b: int, context: Context) -> str:
        """Have a sum approved."""
        return await context.input("Is it 5?")

    asyncio.run(ask(calculator(approve, hitl_hook=lambda event: "yes")))
    assert check(recorded) == WHOLE.replace("tool add", "tool approve\n      human human input")
    (human,) = recorded.find("human")
    assert (human.input, human.output) == ("Is it 5?", "yes")


def test_telemetry_of_the_users_own_goes_on(recorded: Recording) -> None:
    """AG2's telemetry middleware beside ours gets what it got, and each call is recorded once."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = TelemetryMiddleware(tracer_provider=provider, agent_name="calculator")
    asyncio.run(ask(calculator(middleware=[telemetry])))
    assert check(recorded) == WHOLE
    names = [span.name for span in exporter.get_finished_spans()]
    assert [name for name in names if not name.startswith("record_usage")][-1] == "invoke_agent calculator"
    assert names.count("chat gpt-4o-mini") == 2


def test_a_model_that_names_itself_in_its_answer(recorded: Recording) -> None:
    """A configuration that does not say which model it is: the span is renamed when the answer says so."""

    class Unnamed(ScriptedModel):
        @property
        def model(self) -> str:
            if not self.asked:
                raise NotImplementedError
            return self._model

        asked = False

        def create(self) -> object:
            self.asked = True
            return super().create()

    agent = Agent("anonymous", config=Unnamed("gpt-4o", [Answer(text="Hello.", input_tokens=7)]))
    asyncio.run(ask(agent))
    assert check(recorded) == "session default\n  agent anonymous\n    llm gpt-4o"


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
