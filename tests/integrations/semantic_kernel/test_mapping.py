"""The trees of Semantic Kernel, whole, and what stands in their spans."""

import asyncio
import textwrap
from contextlib import aclosing
from typing import Any

from openai import AsyncOpenAI
from semantic_kernel import Kernel
from semantic_kernel.agents import ChatCompletionAgent, HandoffOrchestration, OrchestrationHandoffs
from semantic_kernel.agents.runtime import InProcessRuntime
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.contents import ChatHistory, ChatMessageContent
from semantic_kernel.functions import KernelArguments, kernel_function

import agentops
from agentops.testing import Recording
from agentops_semantic_kernel import demo
from agentops_semantic_kernel.scripted import Answer, scripted
from tests.house import ROOT
from tests.integrations.scripted_server import Reply, scripted_server
from tests.integrations.semantic_kernel.agents_under_test import ASKED, ask, calculator, check

WHOLE = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool Maths-add
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
    call = {"type": "tool_call", "id": "call_1_1", "name": "Maths-add", "arguments": {"a": 2, "b": 3}}
    called = {"role": "assistant", "parts": [call], "finish_reason": "tool_calls"}
    returned = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1_1", "response": "5"}]}
    said = {"role": "assistant", "parts": [{"type": "text", "content": "It is 5."}], "finish_reason": "stop"}
    assert (first.input, first.output) == ([told, asked], [called])
    assert (last.input, last.output) == ([told, asked, called, returned], [said])
    assert (tool.input, tool.output) == ({"a": 2, "b": 3}, 5)
    assert tool.attributes["gen_ai.tool.call.id"] == "call_1_1"
    assert tool.attributes["gen_ai.tool.description"] == "Add two numbers."


def test_the_demo_is_what_the_page_shows(recorded: Recording) -> None:
    """An agent as a function, functions at once, one that fails, and an orchestration on a runtime of its own."""
    assert asyncio.run(demo.run()).endswith("(T-118).")
    shown = textwrap.indent(check(recorded).replace("session default", "session museum desk"), "    ")
    assert shown in (ROOT / "docs" / "integrations" / "semantic-kernel.md").read_text()
    (asked,) = [span for span in recorded.find("tool") if span.name == "curator-curator"]
    assert asked.output == "Hare in the Snow hangs in room 4."


def test_a_function_that_raises_keeps_its_error(recorded: Recording) -> None:
    """The framework hands it to the model as a text; the tool's span has type, message and stack."""
    asyncio.run(ask(calculator("fail")))
    assert check(recorded) == WHOLE.replace("Maths-add", "Maths-fail [error ZeroDivisionError]")
    (tool,) = recorded.find("tool")
    assert tool.error is not None
    assert tool.error.message == "no result today"
    assert "in fail" in str(tool.error.stack)


def test_what_a_function_records_is_below_it(recorded: Recording) -> None:
    """A decorated function, and a kernel function that calls itself."""

    class Maths:
        @kernel_function
        async def add(self, a: int, b: int) -> int:
            if not b:
                return look_up(a)
            less = await agent.kernel.invoke(plugin_name="Maths", function_name="add", a=a + 1, b=b - 1)
            return int(str(less))

    @agentops.operation
    def look_up(a: int) -> int:
        return a

    agent = calculator(plugin=Maths())
    asyncio.run(ask(agent))
    below = [f"{'  ' * depth}tool Maths-add" for depth in range(2, 6)]
    assert "\n".join([*below, f"{'  ' * 6}operation look_up"]) in check(recorded)


def test_a_stream_leaves_nothing_current_in_the_consumers_loop(recorded: Recording) -> None:
    """What the loop's body records is beside the agent; left early, the agent's run ends and says so."""

    async def read() -> None:
        async with aclosing(calculator().invoke_stream(ASKED)) as pieces:
            async for _ in pieces:
                current.append(agentops.current_span())
                break

    current: list[Any] = []
    asyncio.run(read())
    recorded.runtime.finish()
    # The framework leaves the generators inside its own to be collected.
    assert recorded.outline() == f"{WHOLE} [unfinished]"
    assert current == [None]
    assert recorded.find("agent")[0].attributes["agentops.span.closed_early"] is True


def test_the_first_piece_of_a_stream_is_timed(recorded: Recording) -> None:
    """Tokens, finish reason and the joined answer are those of the whole."""

    async def read() -> str:
        return "".join([str(piece) async for piece in calculator().invoke_stream(ASKED)])

    assert asyncio.run(read()) == "It is 5."
    assert check(recorded) == WHOLE
    agent, first, _, last = recorded.spans[1:]
    assert agent.output == "It is 5."
    assert last.output[0]["parts"] == [{"type": "text", "content": "It is 5."}]
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 130]
    assert last.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert all(span.attributes["gen_ai.response.time_to_first_chunk"] >= 0 for span in (first, last))


def test_an_orchestration_on_a_runtime_that_was_started_elsewhere(recorded: Recording) -> None:
    """Agents that hand over to each other are below their orchestration, whoever's context the runtime runs in."""
    billing = ChatCompletionAgent(
        service=scripted("gpt-4o", Answer(calls=[("Handoff-complete_task", {"task_summary": "Refunded."})])),
        name="billing",
        description="Refunds.",
    )
    triage = ChatCompletionAgent(
        service=scripted("gpt-4o-mini", Answer(calls=[("Handoff-transfer_to_billing", {})])),
        name="triage",
        description="Passes on.",
    )
    handoffs = OrchestrationHandoffs().add(source_agent="triage", target_agent="billing", description="for refunds")

    async def run() -> None:
        runtime = InProcessRuntime()
        with agentops.start_session("elsewhere"):
            runtime.start()
        desk = HandoffOrchestration(members=[triage, billing], handoffs=handoffs, name="desk")
        await (await desk.invoke("I want my money back.", runtime)).get(timeout=10)
        await runtime.stop_when_idle()

    asyncio.run(run())
    assert check(recorded).endswith("""
  workflow desk
    agent triage
      llm gpt-4o-mini
      handoff billing
    agent billing
      llm gpt-4o
      tool Handoff-complete_task""")


def test_a_prompt_of_the_program_is_an_operation(recorded: Recording) -> None:
    """With its arguments and the model's answer; one without a name is called prompt."""

    async def run() -> str:
        kernel = Kernel(services=scripted("gpt-4o", "Bonjour."))
        return str(await kernel.invoke_prompt("Translate {{$text}}", arguments=KernelArguments(text="Good day")))

    assert asyncio.run(run()) == "Bonjour."
    assert check(recorded) == "session default\n  operation prompt\n    llm gpt-4o"
    (prompt,) = recorded.find("operation")
    assert (prompt.input, prompt.output) == ({"text": "Good day"}, "Bonjour.")


def test_a_service_of_openai(recorded: Recording) -> None:
    """The real connector over HTTP, whole and streamed: tokens by class, settings, the model that was asked."""
    replies = [Reply("It is 5.", input_tokens=120, output_tokens=30, cached=64, reasoning=11) for _ in range(2)]

    async def run(url: str) -> None:
        async with AsyncOpenAI(base_url=url, api_key="none") as client:
            service = OpenAIChatCompletion(ai_model_id="gpt-4o-mini", async_client=client)
            settings = service.get_prompt_execution_settings_class()(temperature=0.5)
            history = ChatHistory(messages=[ChatMessageContent(role="user", content=ASKED)])
            await service.get_chat_message_content(history, settings)
            async for _ in service.get_streaming_chat_message_content(history, settings):
                pass

    with scripted_server(replies) as server:
        asyncio.run(run(server.url))
    assert check(recorded) == "session default\n  llm gpt-4o-mini\n  llm gpt-4o-mini"
    for span in recorded.find("llm"):
        assert span.attributes["gen_ai.usage.input_tokens"] == 120
        assert span.attributes["gen_ai.usage.output_tokens"] == 30
        assert span.attributes["gen_ai.usage.cache_read.input_tokens"] == 64
        assert span.attributes["gen_ai.usage.reasoning.output_tokens"] == 11
        assert span.attributes["gen_ai.request.temperature"] == 0.5
        assert span.output[0]["parts"] == [{"type": "text", "content": "It is 5."}]


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
