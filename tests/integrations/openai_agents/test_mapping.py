"""The trees of the OpenAI Agents SDK, whole, and what stands in their spans."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import agents
import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    RunConfig,
    RunHooks,
    Runner,
    SQLiteSession,
    function_tool,
    input_guardrail,
    output_guardrail,
)
from agents.tracing import custom_span, get_trace_provider, speech_span, trace, transcription_span
from openai import AsyncOpenAI

import agentops
from agentops.sdk.guard import guard
from agentops.sdk.span import Span
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from tests.integrations.openai_agents.agents_under_test import (
    add,
    ask,
    ask_streaming,
    calculator,
    client_of,
    last_is_tool_result,
    model_of,
)
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server

WHOLE = """\
session default
  workflow Agent workflow
    agent calculator
      llm gpt-4o-mini
      tool add
      llm gpt-4o-mini"""


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    with recording():
        agentops.enable("openai-agents")
    yield
    agentops.disable("openai-agents")


def _run(url: str, build: Any, prompt: str = "go", **options: Any) -> Recording:
    """Run what ``build(model)`` returns, and return what was recorded."""

    async def run() -> None:
        async with client_of(url) as client:
            await Runner.run(build(model_of(client)), prompt, **options)

    with recording() as recorded:
        asyncio.run(run())
    check_tree(recorded)
    return recorded


def _content(span: Span) -> dict[str, object]:
    return dict(span.attributes)


@pytest.mark.parametrize("uses_chat", [False, True], ids=["responses", "chat"])
@pytest.mark.parametrize("asks", [ask, ask_streaming])
def test_tokens_arrive_once_and_by_class(server: ScriptedServer, asks: Any, uses_chat: bool) -> None:
    """What the model reports stands on its llm span, and nowhere else."""
    with recording() as recorded:
        asyncio.run(asks(server.url, uses_chat=uses_chat))
    assert recorded.outline() == WHOLE
    usage = [
        {name: value for name, value in span.attributes.items() if name.startswith("gen_ai.usage")}
        for span in recorded.spans
    ]
    if asks is ask_streaming and uses_chat:
        assert usage == [{}] * 6, "chat completions stream no usage unless it is asked for, and zero would be a lie"
        return
    first = {
        "gen_ai.usage.input_tokens": 90,
        "gen_ai.usage.output_tokens": 16,
        "gen_ai.usage.reasoning.output_tokens": 6,
    }
    last = {
        "gen_ai.usage.input_tokens": 130,
        "gen_ai.usage.output_tokens": 8,
        "gen_ai.usage.cache_read.input_tokens": 64,
    }
    assert usage == [{}, {}, {}, first, {}, last]


def test_model_call_holds_what_was_said(server: ScriptedServer) -> None:
    """Messages, instructions, tools, parameters, model, id and finish reason are on the llm span."""
    with recording() as recorded:
        asyncio.run(ask(server.url))
    first, last = recorded.find("llm")
    content = _content(first)
    tools = content.pop("gen_ai.tool.definitions")
    assert isinstance(tools, list)
    assert [tool["name"] for tool in tools] == ["add"]
    call_id = recorded.find("tool")[0].attributes["gen_ai.tool.call.id"]
    call = {"type": "tool_call", "id": call_id, "name": "add", "arguments": {"a": 2, "b": 3}}
    assert content == {
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": "resp_1",
        "gen_ai.response.finish_reasons": ("tool_calls",),
        "gen_ai.system_instructions": [{"type": "text", "content": "Do the sums."}],
        "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "What is 2 + 3?"}]}],
        "gen_ai.output.messages": [{"role": "assistant", "parts": [call], "finish_reason": "tool_calls"}],
        "gen_ai.usage.input_tokens": 90,
        "gen_ai.usage.output_tokens": 16,
        "gen_ai.usage.reasoning.output_tokens": 6,
    }
    asked = last.input
    assert isinstance(asked, list)
    assert asked[1:] == [
        {"role": "assistant", "parts": [call]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": call_id, "response": "5"}]},
    ]
    assert last.output == [
        {"role": "assistant", "parts": [{"type": "text", "content": "The answer is 5."}], "finish_reason": "stop"}
    ]


def test_agent_and_tool_hold_what_went_in_and_out(server: ScriptedServer) -> None:
    """The agent and the workflow carry question and answer; the tool its arguments, result, id and description."""
    with recording() as recorded:
        asyncio.run(ask(server.url))
    for span in (*recorded.find("agent"), *recorded.find("workflow")):
        assert (span.input, span.output) == ("What is 2 + 3?", "The answer is 5.")
    (tool,) = recorded.find("tool")
    assert _content(tool) == {
        "gen_ai.tool.call.id": "call_1_0",
        "gen_ai.tool.call.arguments": {"a": 2, "b": 3},
        "gen_ai.tool.call.result": 5,
        "gen_ai.tool.description": "Add two numbers.",
        "gen_ai.tool.type": "function",
    }


def test_handoff_makes_siblings() -> None:
    """An agent that takes over stands beside the one that handed off, which says to whom."""

    def script(body: dict[str, Any]) -> Reply:
        names = [tool["name"] for tool in body.get("tools") or ()]
        return Reply(calls=[("transfer_to_refunds", {})]) if "transfer_to_refunds" in names else Reply("Refunded.")

    def build(model: Any) -> Agent[Any]:
        refunds = Agent(name="refunds", model=model)
        return Agent(name="triage", model=model, handoffs=[refunds])

    with scripted_server(script) as server:
        recorded = _run(server.url, build, run_config=RunConfig(workflow_name="support", group_id="chat-7"))
    assert (
        recorded.outline()
        == """\
session default
  workflow support
    agent triage
      llm gpt-4o-mini
      handoff refunds
    agent refunds
      llm gpt-4o-mini"""
    )
    (handoff,) = recorded.find("handoff")
    assert _content(handoff) == {"agentops.handoff.from": "triage", "agentops.handoff.to": "refunds"}
    assert recorded.find("workflow")[0].attributes["gen_ai.conversation.id"] == "chat-7"


def test_agent_as_tool_is_below_the_tool() -> None:
    """An agent that is called as a tool is the tool's child, and parallel calls do not mix."""

    def script(body: dict[str, Any]) -> Reply:
        names = {tool["name"] for tool in body.get("tools") or ()}
        if "ask_cities" not in names:
            return Reply("A city.")
        if last_is_tool_result(body):
            return Reply("Two cities.")
        return Reply(calls=[("ask_cities", {"input": "Where is Rome?"}), ("ask_cities", {"input": "Where is Oslo?"})])

    def build(model: Any) -> Agent[Any]:
        cities = Agent(name="cities", model=model)
        return Agent(name="guide", model=model, tools=[cities.as_tool("ask_cities", "Ask about a city.")])

    with scripted_server(script) as server:
        recorded = _run(server.url, build)
    one = """\
      tool ask_cities
        agent cities
          llm gpt-4o-mini"""
    assert recorded.outline() == "\n".join(
        [
            "session default",
            "  workflow Agent workflow",
            "    agent guide",
            "      llm gpt-4o-mini",
            one,
            one,
            "      llm gpt-4o-mini",
        ]
    )
    assert [span.input for span in recorded.find("agent", "cities")] == ["Where is Rome?", "Where is Oslo?"]


@input_guardrail
async def is_polite(context: Any, agent: Any, asked: Any) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered="stupid" in str(asked))


@output_guardrail
async def is_short(context: Any, agent: Any, output: Any) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)


def _guarded(model: Any) -> Agent[Any]:
    return Agent(name="clerk", model=model, input_guardrails=[is_polite], output_guardrails=[is_short])


def test_guardrails_are_below_their_agent() -> None:
    """A guardrail that lets pass is a span with its verdict."""
    with scripted_server(lambda body: Reply("Good day.")) as server:
        recorded = _run(server.url, _guarded, "Hello")
    (agent,) = recorded.find("agent")
    children = {(span.kind, span.name) for span in recorded.spans if span.parent is agent}
    assert children == {("guardrail", "is_polite"), ("llm", "gpt-4o-mini"), ("guardrail", "is_short")}
    assert [span.output for span in recorded.find("guardrail")] == [{"tripwire_triggered": False}] * 2


def test_tripwire_ends_the_agent_with_its_exception() -> None:
    """The guardrail that trips says so; the run it ends carries the exception, unchanged."""

    async def run(url: str) -> None:
        async with client_of(url) as client:
            await Runner.run(_guarded(model_of(client)), "You are stupid")

    with (
        scripted_server(lambda body: Reply("Well.")) as server,
        recording() as recorded,
        pytest.raises(InputGuardrailTripwireTriggered),
    ):
        asyncio.run(run(server.url))
    (tripped,) = recorded.find("guardrail", "is_polite")
    assert (tripped.status, tripped.output) == ("ok", {"tripwire_triggered": True})
    for span in (*recorded.find("agent"), *recorded.find("workflow")):
        assert span.error is not None
        assert (span.status, span.error.type) == ("error", "agents.exceptions.InputGuardrailTripwireTriggered")


@function_tool
def explode() -> str:
    """Fail."""
    raise ValueError("no fuel")


def _explosive(body: dict[str, Any]) -> Reply:
    return Reply("It failed.") if last_is_tool_result(body) else Reply(calls=[("explode", {})])


@pytest.mark.parametrize("config", [{}, {"tracing_disabled": True}], ids=["traced", "not traced"])
def test_failing_tool_carries_the_tools_own_exception(config: dict[str, Any]) -> None:
    """The SDK keeps a redacted sentence and goes on; the span has the exception with its stack, the run is fine."""
    with scripted_server(_explosive) as server:
        recorded = _run(
            server.url, lambda model: Agent(name="pilot", model=model, tools=[explode]), run_config=RunConfig(**config)
        )
    assert (
        recorded.outline()
        == """\
session default
  workflow Agent workflow
    agent pilot
      llm gpt-4o-mini
      tool explode [error ValueError]
      llm gpt-4o-mini"""
    )
    (tool,) = recorded.find("tool")
    assert tool.error is not None
    assert tool.error.message == "no fuel"
    assert "in explode" in str(tool.error.stack)
    assert str(tool.output).startswith("An error occurred"), "what the model is told instead"


def test_sensitive_data_is_left_out_where_the_run_says_so() -> None:
    """``trace_include_sensitive_data=False`` keeps messages, arguments, results and error texts out, not the tree."""
    with scripted_server(_explosive) as server:
        recorded = _run(
            server.url,
            lambda model: Agent(name="pilot", model=model, tools=[explode], instructions="Fly."),
            run_config=RunConfig(trace_include_sensitive_data=False),
        )
    assert [span.kind for span in recorded.spans] == ["session", "workflow", "agent", "llm", "tool", "llm"]
    assert all(span.input is None and span.output is None for span in recorded.spans)
    assert not any("gen_ai.system_instructions" in span.attributes for span in recorded.spans)
    (tool,) = recorded.find("tool")
    assert tool.error is not None
    assert (tool.error.type, tool.error.stack) == ("ValueError", None)
    assert "fuel" not in tool.error.message
    assert recorded.find("llm")[0].attributes["gen_ai.usage.input_tokens"] == 100


def test_failing_model_marks_model_agent_and_workflow(server: ScriptedServer) -> None:
    """An HTTP error of the provider is the llm span's error, and the run's."""

    async def run(url: str) -> None:
        async with client_of(url, max_retries=0) as client:
            await Runner.run(calculator(model_of(client)), "go")

    with (
        scripted_server(lambda body: Reply(status=400, error="bad request")) as failing,
        recording() as recorded,
        pytest.raises(Exception, match="bad request") as raised,
    ):
        asyncio.run(run(failing.url))
    check_tree(recorded)
    assert {span.kind: span.status for span in recorded.spans} == {
        "session": "ok",
        "workflow": "error",
        "agent": "error",
        "llm": "error",
    }
    (llm,) = recorded.find("llm")
    assert llm.error is not None
    assert llm.error.type == f"{type(raised.value).__module__}.{type(raised.value).__qualname__}"


def test_too_many_turns() -> None:
    """A run that does not come to an end says why."""

    async def run(url: str) -> None:
        async with client_of(url) as client:
            await Runner.run(calculator(model_of(client)), "go", max_turns=2)

    with (
        scripted_server(lambda body: Reply(calls=[("add", {"a": 1, "b": 1})])) as server,
        recording() as recorded,
        pytest.raises(MaxTurnsExceeded),
    ):
        asyncio.run(run(server.url))
    check_tree(recorded)
    (agent,) = recorded.find("agent")
    assert agent.error is not None
    assert agent.error.type == "agents.exceptions.MaxTurnsExceeded"
    assert len(recorded.find("llm")) == 2


def test_stream_that_is_cancelled_ends_everything(server: ScriptedServer) -> None:
    """A consumer that cancels leaves nothing open; the run is cancelled, not failed."""
    with recording() as recorded:
        asyncio.run(ask_streaming(server.url, stops_after=3))
    check_tree(recorded)
    assert recorded.outline().splitlines()[:3] == [
        "session default",
        "  workflow Agent workflow [cancelled asyncio.exceptions.CancelledError]",
        "    agent calculator [cancelled asyncio.exceptions.CancelledError]",
    ]


def test_several_runs_in_one_trace(server: ScriptedServer) -> None:
    """Runs inside ``with trace(...)`` share its span, with spans of the user's own between them."""

    async def run() -> None:
        async with client_of(server.url) as client:
            with trace("nightly", metadata={"shift": 2}):
                await Runner.run(calculator(model_of(client)), "What is 2 + 3?")
                with custom_span("store", {"rows": 3}):
                    await Runner.run(calculator(model_of(client)), "What is 2 + 3?")

    with recording() as recorded:
        asyncio.run(run())
    check_tree(recorded)
    agent = "agent calculator\n{0}  llm gpt-4o-mini\n{0}  tool add\n{0}  llm gpt-4o-mini"
    assert recorded.outline() == "\n".join(
        [
            "session default",
            "  workflow nightly",
            "    " + agent.format("    "),
            "    operation store",
            "      " + agent.format("      "),
        ]
    )
    assert recorded.find("workflow", "nightly")[0].attributes["agentops.span.metadata"] == {"shift": 2}
    assert recorded.find("operation", "store")[0].output == {"rows": 3}


def test_ambient_spans_nest_both_ways(server: ScriptedServer) -> None:
    """A decorated function inside a tool is below the tool; a run inside a decorated function is below that."""

    @agentops.operation
    def look_up() -> int:
        return 5

    @function_tool(name_override="add")
    def add_by_table(a: int, b: int) -> int:
        """Add."""
        return look_up()

    @agentops.workflow
    async def report() -> None:
        await ask(server.url, tool=add_by_table)

    with recording() as recorded:
        asyncio.run(report())
    check_tree(recorded)
    assert (
        recorded.outline()
        == """\
session default
  workflow report
    workflow Agent workflow
      agent calculator
        llm gpt-4o-mini
        tool add
          operation look_up
        llm gpt-4o-mini"""
    )


def test_agent_run_by_something_else_in_a_tool(server: ScriptedServer) -> None:
    """An agent that a decorated function runs inside a tool is below that function, not beside it."""

    @agentops.operation
    async def delegate() -> str:
        return str(await ask(server.url))

    @function_tool(name_override="add")
    async def add_by_delegate(a: int, b: int) -> str:
        """Add."""
        return await delegate()

    with recording() as recorded:
        asyncio.run(ask(server.url, tool=add_by_delegate))
    check_tree(recorded)
    assert (
        recorded.outline()
        == """\
session default
  workflow Agent workflow
    agent calculator
      llm gpt-4o-mini
      tool add
        operation delegate
          agent calculator
            llm gpt-4o-mini
            tool add
            llm gpt-4o-mini
      llm gpt-4o-mini"""
    )


@pytest.mark.parametrize("way", ["call", "config", "environment"])
@pytest.mark.parametrize("asks", [ask, ask_streaming])
def test_runs_are_recorded_with_tracing_switched_off(
    server: ScriptedServer, way: str, asks: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However tracing is switched off the tree is whole, others are told nothing, and it is said once."""
    provider: Any = get_trace_provider()
    told: list[object] = []

    class Other(agents.TracingProcessor):
        def on_trace_start(self, trace: Any) -> None:
            told.append(trace)

        def on_span_start(self, span: Any) -> None:
            told.append(span)

        def on_trace_end(self, trace: Any) -> None:
            told.append(trace)

        def on_span_end(self, span: Any) -> None:
            told.append(span)

        def shutdown(self) -> None:
            """Nothing to stop."""

        def force_flush(self) -> None:
            """Nothing waits."""

    monkeypatch.setattr(provider, "_manual_disabled", True if way == "call" else None)
    monkeypatch.setattr(provider, "_env_disabled", True if way == "environment" else None)
    monkeypatch.setattr(logging.getLogger("agentops"), "propagate", True)
    guard.state.forget()
    agents.set_trace_processors([Other()])
    try:
        with recording() as recorded:
            for _ in range(2):
                asyncio.run(asks(server.url, tracing_disabled=way == "config"))
    finally:
        agents.set_trace_processors([])
        monkeypatch.undo()
        provider._refresh_disabled_flag()
    check_tree(recorded)
    assert recorded.outline() == WHOLE + WHOLE.removeprefix("session default")
    assert told == []
    said = [
        record.getMessage() for record in caplog.records if "tracing of the OpenAI Agents SDK is off" in record.message
    ]
    words = {"call": "set_tracing_disabled(True)", "config": "tracing_disabled=True"}
    assert len(said) == 1
    assert words.get(way, "OPENAI_AGENTS_DISABLE_TRACING") in said[0]
    first = recorded.find("llm")[0]
    assert first.attributes["gen_ai.usage.input_tokens"] == 90
    assert first.input is not None
    assert first.output is not None


def test_stays_when_processors_are_replaced(server: ScriptedServer) -> None:
    """``set_trace_processors([...])``, by which people stop the upload, does not stop the recording; order is kept."""
    agents.set_trace_processors([])
    with recording() as recorded:
        asyncio.run(ask(server.url))
    assert recorded.outline() == WHOLE


class _OwnModel(agents.Model):
    """A model of the user's own, which makes no spans."""

    async def get_response(self, *args: Any, **kwargs: Any) -> Any:
        from agents.items import ModelResponse
        from agents.usage import Usage
        from openai.types.responses import ResponseOutputMessage, ResponseOutputText

        said = ResponseOutputText(type="output_text", text="Here.", annotations=[])
        item = ResponseOutputMessage(id="m", type="message", role="assistant", status="completed", content=[said])
        usage = Usage(requests=1, input_tokens=11, output_tokens=3, total_tokens=14)
        return ModelResponse(output=[item], usage=usage, response_id="own-1")

    def stream_response(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


def test_model_of_the_users_own_is_recorded() -> None:
    """A model that the SDK does not trace still gives an llm span, with messages and tokens."""
    with recording() as recorded:
        asyncio.run(Runner.run(Agent(name="guide", instructions="Guide.", model=_OwnModel()), "Where?"))
    check_tree(recorded)
    assert recorded.outline().splitlines()[2:] == ["    agent guide", "      llm model"]
    (llm,) = recorded.find("llm")
    assert _content(llm) == {
        "gen_ai.response.id": "own-1",
        "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Where?"}]}],
        "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": "Here."}]}],
        "gen_ai.system_instructions": [{"type": "text", "content": "Guide."}],
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 3,
    }


def test_users_hooks_are_called_as_ever(server: ScriptedServer) -> None:
    """Hooks of the user's own get every call, and what they raise ends the run as it does without us."""
    heard: list[str] = []

    class Hooks(RunHooks[Any]):
        async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
            heard.append(f"start {tool.name} {context.tool_call_id}")

        async def on_tool_end(self, context: Any, agent: Any, tool: Any, result: Any) -> None:
            heard.append(f"end {tool.name} {result}")

        async def on_agent_end(self, context: Any, agent: Any, output: Any) -> None:
            raise LookupError("the user's own")

    async def run() -> None:
        async with client_of(server.url) as client:
            await Runner.run(calculator(model_of(client)), "go", hooks=Hooks())

    with recording() as recorded, pytest.raises(LookupError, match="the user's own"):
        asyncio.run(run())
    check_tree(recorded)
    assert heard == ["start add call_1_0", "end add 5"]


def test_sessions_of_the_sdk_carry_the_conversation(server: ScriptedServer) -> None:
    """With an SDK session the second run's model call holds the first run's messages, and the tree stays the same."""

    async def run() -> None:
        memory = SQLiteSession("chat-7")
        async with client_of(server.url) as client:
            for _ in range(2):
                await Runner.run(calculator(model_of(client)), "What is 2 + 3?", session=memory)
        memory.close()

    with recording() as recorded:
        asyncio.run(run())
    check_tree(recorded)
    assert recorded.outline() == WHOLE + WHOLE.removeprefix("session default")
    third = recorded.find("llm")[2].input
    assert isinstance(third, list)
    assert [item["role"] for item in third] == ["user", "assistant", "tool", "assistant", "user"]


def test_run_sync(server: ScriptedServer) -> None:
    """``Runner.run_sync`` gives the same tree."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = AsyncOpenAI(base_url=server.url, api_key="test")
    try:
        with recording() as recorded:
            Runner.run_sync(calculator(model_of(client)), "What is 2 + 3?")
    finally:
        loop.run_until_complete(client.close())
        loop.close()
        asyncio.set_event_loop(None)
    assert recorded.outline() == WHOLE


def test_no_task_and_turn_spans(server: ScriptedServer) -> None:
    """The tree is the same when the SDK is told to leave out its ``task`` and ``turn`` spans."""
    with recording() as recorded:
        asyncio.run(ask(server.url, tracing={"include_task_and_turn_spans": False}))
    assert recorded.outline() == WHOLE


def test_voice_spans() -> None:
    """Speech and transcription are model calls with what was said."""
    with recording() as recorded, trace("call"):
        with transcription_span("gpt-4o-transcribe", input="UklGRg==") as heard:
            heard.span_data.output = "Hello?"
        with speech_span("gpt-4o-mini-tts", input="Good day."):
            pass
    check_tree(recorded)
    heard_span, spoken = recorded.find("llm")
    assert (heard_span.name, spoken.name) == ("gpt-4o-transcribe", "gpt-4o-mini-tts")
    assert heard_span.output == [{"role": "assistant", "parts": [{"type": "text", "content": "Hello?"}]}]
    assert spoken.input == [{"role": "user", "parts": [{"type": "text", "content": "Good day."}]}]


def test_own_processor_without_the_integration(server: ScriptedServer) -> None:
    """``AgentOpsTraceProcessor`` alone records the tree; beside the integration it adds nothing."""
    from agentops_openai_agents import AgentOpsTraceProcessor

    agents.add_trace_processor(AgentOpsTraceProcessor())
    try:
        with recording() as recorded:
            asyncio.run(ask(server.url))
        assert recorded.outline() == WHOLE
        agentops.disable("openai-agents")
        with recording() as recorded:
            asyncio.run(ask(server.url))
        assert recorded.outline() == WHOLE.replace("mini", "mini-2024-07-18"), "the model's name is the reply's"
    finally:
        agents.set_trace_processors([])


def test_tool_with_the_same_name_in_two_sessions(server: ScriptedServer) -> None:
    """Two sessions at once, each with its own tree and its own tokens."""

    @agentops.session
    async def one(prompt: str) -> None:
        await ask(server.url, tool=add)

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    with recording() as recorded:
        asyncio.run(both())
    check_tree(recorded)
    inner = WHOLE.removeprefix("session default\n")
    assert [recorded.outline(session) for session in recorded.sessions] == [f"session one\n{inner}"] * 2
