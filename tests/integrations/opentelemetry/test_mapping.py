"""What becomes of spans of others, in each convention, and of ours in a provider of the user's."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import agentops
from agentops import ConfigurationError, Recorder
from agentops.plugins import plugins
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from agentops_opentelemetry import AgentOpsSpanProcessor, OpenTelemetrySink, RecordingTracerProvider, export_to
from agentops_opentelemetry.plugin import agentops_exporters
from agentops_opentelemetry.processor import active_processors
from agentops_opentelemetry.targets import targets
from tests.integrations.opentelemetry.instrumented import ASKED, CALL, CALLED, add, calculate, chat, numbered
from tests.spooled import read_spool, run_program

CALCULATED = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool add"""


@pytest.fixture
def provider() -> TracerProvider:
    """A provider of the user's with our processor."""
    provider = TracerProvider()
    provider.add_span_processor(AgentOpsSpanProcessor())
    return provider


@pytest.fixture
def _enabled() -> Iterator[None]:
    with recording():
        agentops.enable("opentelemetry")
    yield
    agentops.disable("opentelemetry")


def _one(recorded: Recording, kind: str) -> dict[str, Any]:
    (span,) = recorded.find(kind)
    return dict(span.attributes)


@pytest.mark.parametrize("way", ["processor", "provider"])
def test_genai_spans_become_the_tree(provider: TracerProvider, way: str) -> None:
    """Agent, model call and tool call are there with what they say; what is between them is passed through."""
    source = provider if way == "processor" else RecordingTracerProvider()
    with recording() as recorded:
        assert calculate(source.get_tracer("library")) == 5
    check_tree(recorded)
    assert recorded.outline() == CALCULATED
    assert _one(recorded, "llm") == {
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.finish_reasons": ("tool_calls",),
        "gen_ai.usage.input_tokens": 90,
        "gen_ai.usage.output_tokens": 16,
        "gen_ai.input.messages": ASKED,
        "gen_ai.output.messages": CALLED,
    }
    assert _one(recorded, "tool") == {
        "gen_ai.tool.name": "add",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.arguments": {"a": 2, "b": 3},
        "gen_ai.tool.call.result": "5",
    }


@pytest.mark.usefixtures("_enabled")
@pytest.mark.parametrize("scope", ["opentelemetry.instrumentation.some", "shop.threads"])
def test_a_scope_that_is_called_as_what_records_nothing_is_listened_to(scope: str) -> None:
    """Half of all scopes begin with ``opentelemetry``; that this integration is on says nothing about their calls."""
    provider = TracerProvider()
    provider.add_span_processor(active_processors[0])
    with recording() as recorded:
        agentops.enable("threads")
        calculate(provider.get_tracer(scope))
        agentops.disable("threads")
    assert recorded.outline() == CALCULATED


@pytest.mark.usefixtures("_enabled")
def test_an_agent_that_is_told_of_twice_is_there_once() -> None:
    """OpenLLMetry opens a span for an agent and one for its graph, and says only at the end what each of them is."""
    provider = TracerProvider()
    provider.add_span_processor(active_processors[0])
    tracer = provider.get_tracer("opentelemetry.instrumentation.langchain")
    asked = {"inputs": {"messages": ["hello"]}, "tags": [], "kwargs": {"name": "planner"}}
    with (
        recording() as recorded,
        tracer.start_as_current_span("invoke_agent planner"),
        tracer.start_as_current_span("planner.workflow") as graph,
    ):
        tracer.start_span("add.tool").end()
        graph.set_attributes({"gen_ai.operation.name": "invoke_agent", "traceloop.entity.input": json.dumps(asked)})
    assert recorded.outline() == "session default\n  agent planner\n    tool add"
    assert recorded.find("agent")[0].input == {"messages": ["hello"]}


@pytest.mark.usefixtures("_enabled")
def test_a_tool_that_is_called_over_mcp_is_there_once() -> None:
    """MCP's client and server each have a span for a call that a framework has one for already; alone, it is a tool."""
    provider = TracerProvider()
    provider.add_span_processor(active_processors[0])
    tracer = provider.get_tracer("mcp-python-sdk")
    called = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "add", "mcp.method.name": "tools/call"}

    def call() -> None:
        with (
            tracer.start_as_current_span("tools/call add", attributes=called),
            tracer.start_as_current_span("tools/call add", attributes=called),
        ):
            tracer.start_span("execute_tool look_up").end()

    with recording() as recorded:
        with Recorder("framework").span("tool", "add"):
            call()
        call()
    assert recorded.outline() == ("session default\n  tool add\n    tool look_up\n  tool add\n    tool look_up")


@pytest.mark.usefixtures("_enabled")
@pytest.mark.parametrize("way", ["processor", "provider"])
def test_what_is_recorded_inside_a_span_is_below_it(way: str) -> None:
    """A decorated function in a tool belongs to the tool, also where the tool's span is another's."""
    provider = TracerProvider()
    provider.add_span_processor(active_processors[0])
    source = provider if way == "processor" else RecordingTracerProvider()

    @agentops.operation
    def look_up() -> None:
        """What the tool does."""

    with recording() as recorded, source.get_tracer("library").start_as_current_span("execute_tool find"):
        look_up()
    assert recorded.outline() == "session default\n  tool find\n    operation look_up"


def test_spans_of_no_agent_leave_no_trace(provider: TracerProvider) -> None:
    """An HTTP request is no part of what agents do, but a model call under it is, where the request is."""
    tracer = provider.get_tracer("opentelemetry.instrumentation.httpx")
    with recording() as recorded:
        with agentops.start_session("explicit"), tracer.start_as_current_span("GET /"):
            chat(tracer)
        with tracer.start_as_current_span("GET /favicon.ico"):
            pass
    assert recorded.outline() == "session explicit\n  llm gpt-4o-mini"


def test_an_error_is_kept_with_its_stack(provider: TracerProvider) -> None:
    """Type, message and stack of what a tool raised are on its span, by either way."""
    for source in (provider, RecordingTracerProvider()):
        with recording() as recorded, pytest.raises(ValueError, match="no number"):
            add(source.get_tracer("library"), raises=True)
        (tool,) = recorded.find("tool")
        assert tool.status == "error"
        assert tool.error is not None
        assert (tool.error.type, tool.error.message) == ("ValueError", "no number")
        assert "in add" in str(tool.error.stack)


def test_a_cancelled_span_is_no_error() -> None:
    """Who cancels a task sees it cancelled; instrumentations look at ``Exception`` only, and would say it went well."""

    async def wait() -> None:
        with RecordingTracerProvider().get_tracer("library").start_as_current_span("invoke_agent waiter"):
            await asyncio.sleep(10)

    async def cancel() -> None:
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with recording() as recorded:
        asyncio.run(cancel())
    assert recorded.outline().startswith("session default\n  agent waiter [cancelled")


def test_openinference_is_understood(provider: TracerProvider) -> None:
    """Numbered messages, token counts, names and kinds of OpenInference become ours."""
    tracer = provider.get_tracer("openinference.instrumentation.some")
    asked = [{"message.role": "user", "message.content": "What is 2 + 3?"}]
    called = [
        {
            "message.role": "assistant",
            "message.tool_calls.0.tool_call.id": "call_1",
            "message.tool_calls.0.tool_call.function.name": "add",
            "message.tool_calls.0.tool_call.function.arguments": '{"a": 2, "b": 3}',
        }
    ]
    with recording() as recorded, tracer.start_as_current_span("LLMChain") as chain:
        chain.set_attributes({"openinference.span.kind": "CHAIN", "input.value": "What is 2 + 3?"})
        with tracer.start_as_current_span("ChatOpenAI", attributes={"openinference.span.kind": "LLM"}) as span:
            span.set_attributes(
                {
                    "llm.model_name": "gpt-4o-mini",
                    "llm.provider": "openai",
                    "llm.token_count.prompt": 90,
                    "llm.token_count.completion": 16,
                    "llm.token_count.total": 106,
                    "llm.token_count.prompt_details.cache_read": 64,
                    "input.value": json.dumps({"messages": []}),
                    "input.mime_type": "application/json",
                    **dict(numbered("llm.input_messages.", asked)),
                    **dict(numbered("llm.output_messages.", called)),
                }
            )
    check_tree(recorded)
    assert recorded.outline() == "session default\n  chain LLMChain\n    llm gpt-4o-mini"
    assert _one(recorded, "llm") == {
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 90,
        "gen_ai.usage.output_tokens": 16,
        "gen_ai.usage.cache_read.input_tokens": 64,
        "gen_ai.input.messages": ASKED,
        "gen_ai.output.messages": [{"role": "assistant", "parts": [CALL]}],
    }


def test_openllmetry_is_understood(provider: TracerProvider) -> None:
    """Workflows, tools and numbered prompts of OpenLLMetry become ours."""
    tracer = provider.get_tracer("traceloop.tracer")
    workflow = {"traceloop.span.kind": "workflow", "traceloop.entity.name": "sums"}
    tool = {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "add",
        "traceloop.entity.input": '{"a": 2, "b": 3}',
        "traceloop.entity.output": "5",
    }
    llm = {
        "llm.request.type": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "What is 2 + 3?",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.finish_reason": "tool_calls",
        "gen_ai.completion.0.tool_calls.0.id": "call_1",
        "gen_ai.completion.0.tool_calls.0.name": "add",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"a": 2, "b": 3}',
        "gen_ai.usage.prompt_tokens": 90,
        "gen_ai.usage.completion_tokens": 16,
        "llm.usage.total_tokens": 106,
    }
    with recording() as recorded, tracer.start_as_current_span("sums.workflow", attributes=workflow):
        with tracer.start_as_current_span("openai.chat", attributes=llm):
            pass
        with tracer.start_as_current_span("add.tool", attributes=tool):
            pass
    assert recorded.outline() == "session default\n  workflow sums\n    llm gpt-4o-mini\n    tool add"
    assert _one(recorded, "llm") == {
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 90,
        "gen_ai.usage.output_tokens": 16,
        "gen_ai.input.messages": ASKED,
        "gen_ai.output.messages": CALLED,
    }
    assert _one(recorded, "tool") == {
        "gen_ai.tool.call.arguments": {"a": 2, "b": 3},
        "gen_ai.tool.call.result": "5",
    }


@pytest.mark.parametrize("is_old", [True, False])
def test_messages_in_events_are_understood(is_old: bool) -> None:
    """An event per message (before 1.37), or one with all of them."""
    tracer = RecordingTracerProvider().get_tracer("library")
    with recording() as recorded, tracer.start_as_current_span("chat gpt-4o-mini") as span:
        if is_old:
            span.add_event("gen_ai.user.message", {"content": '[{"text": "What is 2 + 3?"}]'})
            call = {"toolUse": {"name": "add", "input": {"a": 2, "b": 3}, "toolUseId": "call_1"}}
            span.add_event("gen_ai.choice", {"message": json.dumps([call]), "finish_reason": "tool_calls"})
        else:
            details = {"gen_ai.input.messages": json.dumps(ASKED), "gen_ai.output.messages": json.dumps(CALLED)}
            span.add_event("gen_ai.client.inference.operation.details", details)
    assert _one(recorded, "llm") == {"gen_ai.input.messages": ASKED, "gen_ai.output.messages": CALLED}


def test_content_stays_out_when_it_is_not_wanted(provider: TracerProvider) -> None:
    """What others call prompts and inputs is content to us, too, whatever its name."""
    attributes = {
        "llm.request.type": "chat",
        "gen_ai.prompt.0.content": "secret",
        "llm.input_messages.0.message.content": "secret",
        "input.value": "secret",
        "traceloop.entity.input": "secret",
    }
    with recording(capture_content="metadata_only") as recorded:
        provider.get_tracer("library").start_span("chat", attributes=attributes).end()
    assert recorded.find("llm")
    assert "secret" not in str([span.attributes for span in recorded.spans])


def test_a_call_that_a_framework_has_recorded_is_one_span(provider: TracerProvider) -> None:
    """An instrumented client library under a framework's model span adds to it, and opens none of its own."""
    framework = Recorder("framework")
    with recording() as recorded, framework.span("agent", "planner"):
        span = framework.start("llm", "gpt-4o-mini", input=ASKED)
        assert span is not None
        chat(provider.get_tracer("opentelemetry.instrumentation.openai_v2"))
        framework.end(span)
    assert recorded.outline() == "session default\n  agent planner\n    llm gpt-4o-mini"
    assert _one(recorded, "llm")["gen_ai.usage.input_tokens"] == 90


def test_what_an_enabled_integration_records_is_left_to_it(
    provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instrumentation of a framework that agentops records itself would have everything in the tree twice."""
    with recording():
        agentops.enable("threads")
    monkeypatch.setattr(plugins.entries["langchain"], "state", "enabled")
    with recording() as recorded:
        calculate(provider.get_tracer("opentelemetry.instrumentation.langchain"))
        calculate(provider.get_tracer("opentelemetry.instrumentation.other"))
    agentops.disable("threads")
    assert recorded.outline() == CALCULATED


def test_the_provider_that_was_there_gets_its_spans_unchanged() -> None:
    """Who collects a framework's spans goes on getting them, with ids of their own and everything set on them."""
    exporter = InMemorySpanExporter()
    inner = TracerProvider()
    inner.add_span_processor(SimpleSpanProcessor(exporter))
    inner.add_span_processor(AgentOpsSpanProcessor())
    with recording() as recorded, inner.get_tracer("app").start_as_current_span("request") as request:
        calculate(RecordingTracerProvider(inner=inner).get_tracer("library"))
    assert recorded.outline() == CALCULATED, "and nothing is recorded twice where our processor is there, too"
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert list(spans) == [
        "chat gpt-4o-mini",
        "execute_tool add",
        "event_loop",
        "invoke_agent calculator",
        "request",
    ]
    assert spans["execute_tool add"].attributes["gen_ai.tool.call.result"] == "5"
    assert spans["execute_tool add"].parent.span_id == spans["event_loop"].context.span_id
    assert spans["invoke_agent calculator"].parent.span_id == request.get_span_context().span_id


def test_content_that_was_switched_on_for_us_is_not_told_to_others() -> None:
    """Where the user's own provider was not to have messages, it has none."""
    exporter = InMemorySpanExporter()
    inner = TracerProvider()
    inner.add_span_processor(SimpleSpanProcessor(exporter))
    with recording() as recorded:
        calculate(RecordingTracerProvider(inner=inner, forwards_content=False).get_tracer("library"))
    assert _one(recorded, "llm")["gen_ai.input.messages"] == ASKED
    told = str([dict(span.attributes or {}) for span in exporter.get_finished_spans()])
    assert "2 + 3" not in told
    assert "gpt-4o-mini" in told


def test_without_a_provider_nothing_of_ours_is_current() -> None:
    """Ids of ours mean nothing to another trace backend: a request that is sent from a tool carries none."""
    with recording(), RecordingTracerProvider().get_tracer("library").start_as_current_span("execute_tool add") as span:
        assert not trace.get_current_span().get_span_context().is_valid
        assert span.is_recording()


def test_our_spans_reach_a_provider_of_the_users() -> None:
    """Ended spans arrive with parents, times, kinds, content and errors, and once each."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    sink = OpenTelemetrySink(provider)
    with recording() as recorded, pytest.raises(ValueError, match="no number"):
        calculate(RecordingTracerProvider().get_tracer("library"), raises=True)
    for span in recorded.spans:
        sink.put(span)
        sink.put(span)
    told = {span.name: span for span in exporter.get_finished_spans()}
    assert list(told) == ["default", "invoke_agent calculator", "chat gpt-4o-mini", "execute_tool add"]
    assert len(exporter.get_finished_spans()) == 4
    ours = {span.kind: span for span in recorded.spans}
    agent, chatted, tool = list(told.values())[1:]
    assert chatted.parent.span_id == agent.context.span_id == int(ours["agent"].id, 16)
    assert chatted.context.trace_id == int(ours["agent"].session.id, 16)
    assert (chatted.start_time, chatted.end_time) == (ours["llm"].start_ns, ours["llm"].end_ns)
    assert json.loads(chatted.attributes["gen_ai.input.messages"]) == ASKED
    assert chatted.attributes["gen_ai.usage.input_tokens"] == 90
    assert tool.status.description == "no number"
    assert tool.events[0].attributes["exception.type"] == "ValueError"


def test_export_to_is_taken_up_by_init() -> None:
    """What is given before ``init()`` is what the plugin gives to the process; anything else says what it wants."""
    sink = export_to(InMemorySpanExporter())
    try:
        assert list(agentops_exporters(config=agentops.Config())) == [sink]
        assert sink.flush(1.0)
    finally:
        targets.remove(sink)
        sink.processor.shutdown()
    with pytest.raises(ConfigurationError, match="TracerProvider, SpanProcessor or SpanExporter"):
        export_to("http://127.0.0.1:4318")  # type: ignore[arg-type]


def test_two_sessions_at_once_do_not_mix(provider: TracerProvider) -> None:
    """Spans belong to the session in whose context they began."""

    async def both() -> None:
        async def one() -> None:
            with provider.get_tracer("library").start_as_current_span("invoke_agent waiter"):
                await asyncio.sleep(0)
                chat(provider.get_tracer("library"))

        await asyncio.gather(agentops.session(one)(), agentops.session(one)())

    with recording() as recorded:
        asyncio.run(both())
    outlines = [recorded.outline(session) for session in recorded.sessions]
    assert outlines == ["session one\n  agent waiter\n    llm gpt-4o-mini"] * 2


EXPORTED = """
import agentops
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from agentops_opentelemetry import export_to

secret = "sk-proj-" + "a1B2" * 12
collected = InMemorySpanExporter()
sink = export_to(collected)
agentops.init(auto_start_session=False)
recorder = agentops.Recorder("test")
with agentops.start_session("s", tags=[secret]):
    agent = recorder.start("agent", "outer", input=secret)
    streamed = recorder.start("llm", "streamed", parent=agent)
    recorder.end(agent)
    forgotten = recorder.start("tool", "forgotten", parent=agent)
    agentops.flush()
    recorder.end(streamed, output=[{"role": "assistant", "parts": [{"type": "text", "content": secret}]}])
agentops.flush()
recorder.end(forgotten, error=ValueError(secret))
agentops.flush()
for span in collected.get_finished_spans():
    print(span.name, span.attributes["agentops.span.status"])
    assert secret not in span.to_json(), span.to_json()
"""


def test_what_is_exported_is_redacted_and_exported_once() -> None:
    """With ``init()`` and a real exporter: no secret; what outlives its parent comes with its own end."""
    lines = run_program(EXPORTED).stdout.splitlines()
    assert sorted(lines) == ["chat streamed ok", "execute_tool forgotten unfinished", "invoke_agent outer ok", "s ok"]


def test_what_waits_for_its_own_end_is_exported_at_the_end_of_the_program() -> None:
    """A session that nobody ends holds nothing back for ever."""
    exporter = InMemorySpanExporter()
    sink = OpenTelemetrySink(SimpleSpanProcessor(exporter))
    with recording():
        session = agentops.start_session("endless")
        agent = session.open("agent", "outer")
        inner = session.open("tool", "inner", agent)
        agent.end()
        for span in (session.root, agent, inner):
            sink.put(span)
        assert [span.name for span in exporter.get_finished_spans()] == ["invoke_agent outer"]
        sink.close(1.0)
        assert [span.name for span in exporter.get_finished_spans()] == ["invoke_agent outer", "execute_tool inner"]


OWN_PROVIDER = """
import agentops
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
{first}
{second}
with agentops.start_session("s"):
    with trace.get_tracer("database").start_as_current_span("SELECT"):
        agentops.operation(name="step")(lambda: None)()
assert trace.get_tracer_provider() is provider
print([span.name for span in exporter.get_finished_spans()])
"""


@pytest.mark.parametrize("is_first", [True, False])
def test_d12_the_programs_own_provider_and_agentops_keep_to_themselves(is_first: bool, agentops_home: Path) -> None:
    """In AgentOps 0.4 whichever came second lost: here the provider has its spans, and the session has ours."""
    calls = ["trace.set_tracer_provider(provider)", "agentops.init(auto_start_session=False)"]
    first, second = calls if is_first else reversed(calls)
    done = run_program(OWN_PROVIDER.format(first=first, second=second))
    assert done.stdout == "['SELECT']\n"
    assert done.stderr == ""
    assert read_spool(agentops_home).outline() == "s\n  step"
