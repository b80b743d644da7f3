"""The SDK and the client library under it, both recorded: one span for each call, with what only the library knows."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from agents import Runner
from agents.run import RunConfig

import agentops
from agentops.testing import recording
from agentops.testing.conformance import check_tree
from tests.integrations.openai_agents.agents_under_test import (
    ask,
    ask_streaming,
    calculator,
    calculator_script,
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
        agentops.enable("openai")
    yield
    agentops.disable("openai")
    agentops.disable("openai-agents")


@pytest.mark.parametrize("config", [{}, {"tracing_disabled": True}], ids=["traced", "not traced"])
@pytest.mark.parametrize("uses_chat", [False, True], ids=["responses", "chat"])
@pytest.mark.parametrize("asks", [ask, ask_streaming])
def test_each_call_is_one_span(server: ScriptedServer, asks: Any, uses_chat: bool, config: dict[str, Any]) -> None:
    """The tree is the SDK's; finish reason, model and, for streams, the time to the first token are there."""
    with recording() as recorded:
        asyncio.run(asks(server.url, uses_chat=uses_chat, **config))
    check_tree(recorded)
    assert recorded.outline() == WHOLE
    first, last = recorded.find("llm")
    for span, reason in ((first, "tool_calls"), (last, "stop")):
        assert span.origin == "openai-agents"
        assert span.attributes["gen_ai.response.finish_reasons"] == (reason,)
        assert span.attributes["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"
        assert ("gen_ai.response.time_to_first_chunk" in span.attributes) == (asks is ask_streaming)
        assert isinstance(span.output, list)
        assert len(span.output) == 1
    if not (uses_chat and asks is ask_streaming):
        assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 130]


def test_retries_are_on_the_sdks_span() -> None:
    """Requests that the library repeats by itself, of which the SDK hears nothing, are counted on its span."""
    failures = iter([Reply(status=503, headers={"retry-after-ms": "1"})])

    def script(body: dict[str, Any]) -> Reply:
        return next(failures, None) or calculator_script(body)

    with scripted_server(script) as server, recording() as recorded:
        asyncio.run(ask(server.url))
    assert recorded.outline() == WHOLE
    assert [span.attributes.get("agentops.llm.http_retries") for span in recorded.find("llm")] == [1, None]


def test_parallel_runs_do_not_share(server: ScriptedServer) -> None:
    """Runs at the same time in one session fill each their own spans in."""

    def script(body: dict[str, Any]) -> Reply:
        number = int(str(body["input"][0]["content"]).rpartition(" ")[2])
        if last_is_tool_result(body):
            return Reply("Done.", input_tokens=1000 + number)
        return Reply(calls=[("add", {"a": number, "b": 0})], input_tokens=number)

    async def several(url: str) -> None:
        async with client_of(url) as client:
            agents = [calculator(model_of(client)) for _ in range(5)]
            runs = [
                Runner.run(agent, f"Number {number}", run_config=RunConfig()) for number, agent in enumerate(agents, 1)
            ]
            await asyncio.gather(*runs)

    with scripted_server(script) as counting, recording() as recorded:
        asyncio.run(several(counting.url))
    check_tree(recorded)
    for agent in recorded.find("agent"):
        number = int(str(agent.input).rpartition(" ")[2])
        calls = [span for span in recorded.find("llm") if span.parent is agent]
        assert [span.attributes["gen_ai.usage.input_tokens"] for span in calls] == [number, 1000 + number]
    assert len(recorded.find("llm")) == 10
