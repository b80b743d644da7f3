"""Each convention's spans become the same internal form."""

import re

import pytest

from agentops_dashboard.semantics import RawSpan, understand


def raw(
    attributes, *, name="span", parent_id="00000000000000aa", events=(), status=0, resource=None, end_ns=2_000_000_000,
    links=(), otlp_kind=1,
):  # fmt: skip
    """A span as it comes off the wire."""
    return RawSpan(
        trace_id="1" * 32, span_id="00000000000000bb", parent_id=parent_id, name=name, otlp_kind=otlp_kind,
        start_ns=1_000_000_000, end_ns=end_ns, attributes=attributes, events=list(events), links=list(links),
        status_code=status, status_message="", resource=resource or {}, scope="a.scope",
    )  # fmt: skip


def text(role, content, **more):
    """A message with one text part."""
    return {"role": role, "parts": [{"type": "text", "content": content}], **more}


CALL = {"type": "tool_call", "id": "c1", "name": "search", "arguments": {"q": "x"}}

LLM_SPANS = {
    "otel today": {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]',
        "gen_ai.output.messages":
            '[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"search","arguments":{"q":"x"}}]}]',
    },
    "otel 2024": {
        "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.prompt_tokens": 100,
        "gen_ai.usage.completion_tokens": 20, "gen_ai.usage.cache_read_input_tokens": 40,
        "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi", "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.tool_calls.0.id": "c1", "gen_ai.completion.0.tool_calls.0.name": "search",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"q":"x"}',
    },
    "openinference": {
        "openinference.span.kind": "LLM", "llm.provider": "openai", "llm.model_name": "gpt-4o",
        "llm.token_count.prompt": 100, "llm.token_count.completion": 20, "llm.token_count.total": 120,
        "llm.token_count.prompt_details.cache_read": 40, "input.value": "hi", "output.value": "…",
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "hi",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "search",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"q":"x"}',
    },
    "traceloop": {
        "llm.request.type": "chat", "traceloop.workflow.name": "w", "gen_ai.system": "openai",
        "gen_ai.response.model": "gpt-4o", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20,
        "llm.usage.total_tokens": 120, "gen_ai.usage.cache_read_input_tokens": 40, "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": '[{"type": "text", "text": "hi"}]', "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.tool_calls.0.id": "c1", "gen_ai.completion.0.tool_calls.0.name": "search",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"q":"x"}',
    },
    "agentops 0.4": {
        "agentops.span.kind": "llm", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": "100", "gen_ai.usage.completion_tokens": 20,
        "gen_ai.usage.cache_read_input_tokens": 40, "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi",
        "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.tool_calls.0.id": "c1",
        "gen_ai.completion.0.tool_calls.0.type": "function", "gen_ai.completion.0.tool_calls.0.name": "search",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"q":"x"}',
    },
    "vercel": {
        "ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": "openai", "ai.model.id": "gpt-4o",
        "ai.usage.promptTokens": 100, "ai.usage.completionTokens": 20, "ai.usage.cachedInputTokens": 40,
        "ai.prompt.messages": '[{"role":"user","content":[{"type":"text","text":"hi"}]}]',
    },
}  # fmt: skip


@pytest.mark.parametrize("convention", LLM_SPANS)
def test_a_model_call_means_the_same_in_every_convention(convention):
    """Kind, model, provider, tokens by class, what was asked and what was answered."""
    record = understand(raw(dict(LLM_SPANS[convention])))
    assert (record.kind, record.model, record.provider) == ("llm", "gpt-4o", "openai")
    assert (record.input_tokens, record.output_tokens, record.cached_tokens) == (100, 20, 40)
    assert record.input == [text("user", "hi")]
    if convention != "vercel":
        assert record.output == [{"role": "assistant", "parts": [CALL]}]
    assert record.unmapped == []


@pytest.mark.parametrize(("attributes", "kind", "agent", "tool", "given", "result"), [
    ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "gen_ai.tool.call.arguments": '{"q":1}',
      "gen_ai.tool.call.result": "found"}, "tool", None, "search", {"q": 1}, "found"),
    ({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner", "gen_ai.usage.input_tokens": 9},
     "agent", "planner", None, None, None),
    ({"openinference.span.kind": "TOOL", "tool.name": "search", "input.value": '{"q":1}', "output.value": "found"},
     "tool", None, "search", {"q": 1}, "found"),
    ({"openinference.span.kind": "RETRIEVER", "input.value": "q", "retrieval.documents.0.document.content": "text",
      "retrieval.documents.0.document.score": 0.5}, "retriever", None, None, "q", [{"content": "text", "score": 0.5}]),
    ({"traceloop.span.kind": "tool", "traceloop.entity.name": "search", "traceloop.entity.input": '{"inputs":{"q":1}}',
      "traceloop.entity.output": '{"outputs":"found"}'}, "tool", None, "search", {"q": 1}, "found"),
    ({"traceloop.span.kind": "agent", "traceloop.entity.name": "planner"}, "agent", "planner", None, None, None),
    ({"agentops.span.kind": "tool", "operation.name": "search", "agentops.entity.input": '{"q":1}',
      "agentops.entity.output": '"found"'}, "tool", None, "search", {"q": 1}, '"found"'),
    ({"agentops.span.kind": "agent", "agent.name": "planner"}, "agent", "planner", None, None, None),
    ({"logfire.msg": "agent run", "agent_name": "planner", "model_name": "gpt-4o", "logfire.span_type": "span",
      "pydantic_ai.all_messages": '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]', "final_result": "done"},
     "agent", "planner", None, [text("user", "hi")], "done"),
    ({"ai.operationId": "ai.toolCall", "ai.toolCall.name": "search", "ai.toolCall.args": '{"q":1}',
      "ai.toolCall.result": "found"}, "tool", None, "search", {"q": 1}, "found"),
    ({"http.request.method": "GET"}, "operation", None, None, None, None),
])  # fmt: skip
def test_agents_tools_and_retrievers(  # noqa: PLR0917
    attributes, kind, agent, tool, given, result
):
    """Kind, names and content of what is no model call; usage that they repeat is not counted."""
    record = understand(raw(attributes))
    assert (record.kind, record.agent, record.tool, record.input, record.output) == (kind, agent, tool, given, result)
    assert record.input_tokens is None


def test_messages_as_span_events():
    """The conventions of 2024 put messages into events, one each."""
    record = understand(raw({"gen_ai.system": "openai", "gen_ai.request.model": "m"}, events=[
        {"name": "gen_ai.system.message", "time_ns": 1, "attributes": {"content": "be short"}},
        {"name": "gen_ai.user.message", "time_ns": 2, "attributes": {"content": "hi"}},
        {"name": "gen_ai.choice", "time_ns": 3, "attributes": {
            "index": 0, "finish_reason": "stop", "message": '{"role":"assistant","content":"hello"}'}},
    ]))  # fmt: skip
    assert record.input == [text("system", "be short"), text("user", "hi")]
    assert record.output == [text("assistant", "hello")]


@pytest.mark.parametrize("attributes", [
    {"agentops.span.kind": "llm", "agentops.span.seq": 1, "gen_ai.response.finish_reasons": ["length", "stop"]},
    {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": '["length"]'},
    {"gen_ai.operation.name": "chat", "gen_ai.output.messages":
        '[{"role":"assistant","parts":[],"finish_reason":"length"}]'},
    {"llm.request.type": "chat", "llm.response.finish_reason": "length"},
    {"ai.operationId": "ai.generateText.doGenerate", "ai.response.finishReason": "length"},
])  # fmt: skip
def test_why_a_model_stopped(attributes):
    """Under each convention's name, alone or in a list, or in the answer itself."""
    assert understand(raw(attributes)).finish_reason == "length"


def test_session_user_tags_and_metadata_of_a_foreign_root():
    """What OpenInference says about the session reaches the session."""
    record = understand(raw({
        "openinference.span.kind": "CHAIN", "session.id": "chat-42", "user.id": "ada", "tag.tags": '["a","b"]',
        "metadata": '{"region":"eu"}',
    }, name="LangGraph", parent_id=None))  # fmt: skip
    facts = record.facts
    assert (facts.session_id, facts.user, facts.metadata, facts.name) == (
        "chat-42",
        "ada",
        {"region": "eu"},
        "LangGraph",
    )
    assert record.tags == ["a", "b"]


def test_a_session_id_that_cannot_stand_in_an_address_is_replaced_by_a_digest():
    """The same text gives the same id, another one another."""
    ids = [
        understand(raw({"openinference.span.kind": "CHAIN", "session.id": text})).facts.session_id
        for text in ("a/b?c", "a/b?c", "a/b?d")
    ]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("session-")


@pytest.mark.parametrize("text", ["../../etc", "a/b?c#d", "<script>1</script>", " ", "x" * 129, ["a"], "", "\x00"])
def test_what_claims_to_be_our_own_recorders_is_checked_alike(text):
    """Ids that cannot stand in an address become digests, and a state is one of those that there are."""
    native = {"agentops.span.version": 1, "agentops.span.kind": "session"}
    claims = {"agentops.session.id": text, "agentops.session.parent_id": text, "agentops.session.state": text}
    record = understand(raw(native | claims, parent_id=None))
    ids = (record.facts.session_id, record.facts.parent_session_id)
    assert all(found is None or re.fullmatch(r"session-[0-9a-f]{32}|[0-9a-f]{32}", found) for found in ids), ids
    assert record.facts.session_id is not None
    assert record.facts.state is None
    honest = {
        "agentops.session.id": "a" * 32,
        "agentops.session.parent_id": "b" * 32,
        "agentops.session.state": "error",
    }
    facts = understand(raw(native | honest, parent_id=None)).facts
    assert (facts.session_id, facts.parent_session_id, facts.state) == ("a" * 32, "b" * 32, "error")


def test_the_old_clients_end_state_and_name():
    """AgentOps 0.4: the state from its attribute, whatever its spelling; the name without the kind behind the dot."""
    record = understand(raw({
        "agentops.span.kind": "session", "agentops.session.end_state": "Fail", "agentops.tags": ["prod"],
        "operation.name": "checkout", "trace.metadata.region": "eu",
    }, name="checkout.session", parent_id=None))  # fmt: skip
    assert (record.kind, record.facts.state, record.facts.name) == ("session", "error", "checkout")
    assert (record.tags, record.facts.metadata) == (["prod"], {"region": "eu"})


def test_a_pending_span_is_the_start_of_the_span_that_it_announces():
    """Logfire sends one when a span opens; the span itself replaces it."""
    pending = understand(raw({"logfire.span_type": "pending_span", "logfire.pending_parent_id": "00000000000000cc"}))
    assert (pending.span_id, pending.parent_id, pending.end_ns) == ("00000000000000aa", "00000000000000cc", None)
    assert pending.status == "running"


def test_errors_and_their_stack():
    """The exception event tells type, message and stack; the status tells that it failed."""
    event = {"name": "exception", "time_ns": 1, "attributes": {
        "exception.type": "ValueError", "exception.message": "no", "exception.stacktrace": "Traceback"}}  # fmt: skip
    record = understand(raw({"gen_ai.tool.name": "t"}, events=[event], status=2))
    found = (record.status, record.error_type, record.error_message, record.error_stack)
    assert found == ("error", "ValueError", "no", "Traceback")


def test_what_is_not_understood_is_kept_and_named():
    """Unknown attributes stay with the span; their names are reported with numbers made equal."""
    record = understand(raw({"acme.items.0.name": "a", "acme.items.1.name": "b", "http.url": "u"}))
    assert record.attributes == {"acme.items.0.name": "a", "acme.items.1.name": "b", "http.url": "u"}
    assert record.unmapped == ["acme.items.N.name", "acme.items.N.name"]


@pytest.mark.parametrize(("parent_id", "otlp_kind", "is_kept"), [
    (None, 1, True), ("00000000000000aa", 2, True), ("00000000000000aa", 5, True), ("00000000000000aa", 1, False),
])  # fmt: skip
def test_what_a_process_said_of_itself_is_kept_where_a_trace_enters_it(parent_id, otlp_kind, is_kept):
    """But for what has a column of its own; on every span of the process it would be the same."""
    resource = {
        "service.name": "shop",
        "host.name": "h1",
        "telemetry.sdk.name": "x",
        "k8s.pod.name": "pod-7",
        "team": "a",
    }
    record = understand(raw({"a": 1}, parent_id=parent_id, otlp_kind=otlp_kind, resource=resource))
    more = {"resource.k8s.pod.name": "pod-7", "resource.team": "a"} if is_kept else {}
    assert record.attributes == {"a": 1, **more}


def test_links_to_other_spans_are_kept():
    """As the ids of their traces and of themselves; whatever else a sender calls a link does no harm."""
    links = [{"traceId": "2" * 32, "spanId": "3" * 16}, {"traceId": ["x"] * 99}]
    found = understand(raw({}, links=links)).attributes["otel.links"]
    assert found[0] == f"{'2' * 32}/{'3' * 16}"
    assert max(map(len, found)) <= 100


def test_cached_tokens_beside_the_input_are_counted_into_it():
    """Anthropic reports cached tokens apart from input tokens."""
    record = understand(raw({
        "gen_ai.system": "anthropic", "gen_ai.request.model": "claude-sonnet-4-5", "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.cache_read_input_tokens": 900, "gen_ai.usage.output_tokens": 1,
    }))  # fmt: skip
    assert (record.input_tokens, record.cached_tokens) == (910, 900)


WEIRD = [
    None,
    "",
    "x",
    -1,
    1e308,
    float("nan"),
    True,
    [],
    [None],
    {"a": [1]},
    "[",
    "{",
    '{"messages": 3}',
    "[1, [2]]",
    2**62,
]


@pytest.mark.parametrize("value", WEIRD, ids=repr)
def test_no_value_of_any_attribute_breaks_understanding(value):
    """Whatever type an attribute has, the span is taken."""
    for attributes in LLM_SPANS.values():
        record = understand(raw(dict.fromkeys(attributes, value)))
        assert record.kind
    native = (
        "agentops.span.kind",
        "agentops.span.status",
        "agentops.span.seq",
        "agentops.tags",
        "agentops.session.metadata",
    )
    assert understand(raw(dict.fromkeys(native, value))).kind == "operation"
