"""Programs that another project's instrumentation watches, with agentops beside it; prints what was recorded, as JSON.

``python -m tests.instrumentations.program INSTRUMENTATIONS INTEGRATIONS PROGRAM…``, the first two with commas between
them. Each choice has a process of its own: some instrumentations leave wrappers behind when they are switched off.
Each program imports what it needs, which is most of what it costs.
"""

import asyncio
import importlib
import json
import sys
from contextlib import redirect_stdout, suppress
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import agentops
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server

INSTRUMENTORS: Final = {
    "openinference-agno": "openinference.instrumentation.agno:AgnoInstrumentor",
    "openinference-langchain": "openinference.instrumentation.langchain:LangChainInstrumentor",
    "openinference-openai": "openinference.instrumentation.openai:OpenAIInstrumentor",
    "openinference-smolagents": "openinference.instrumentation.smolagents:SmolagentsInstrumentor",
    "openllmetry-langchain": "opentelemetry.instrumentation.langchain:LangchainInstrumentor",
    "openllmetry-openai": "opentelemetry.instrumentation.openai:OpenAIInstrumentor",
    "otel-langchain": "opentelemetry.instrumentation.genai.langchain:LangChainInstrumentor",
    "otel-openai": "opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor",
}
HELLO: Final[Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}


def _answer(body: dict[str, Any]) -> Reply:
    last = body.get("messages", [{"role": "user", "content": "hello"}])[-1]
    if last["role"] == "tool":
        return Reply("It is 5.", input_tokens=130, output_tokens=8, cached=64)
    if "</code>" in body.get("stop", ()):
        if "Observation:" in str(last["content"]):
            return Reply("<code>final_answer('It is 5.')</code>", input_tokens=130, output_tokens=8)
        return Reply("<code>print(add(2, 3))</code>", input_tokens=90, output_tokens=16)
    if last["content"] == "hello":
        return Reply("Hello to you", input_tokens=10, output_tokens=3)
    return Reply(calls=[("add", {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)


def _calculator(server: ScriptedServer) -> Any:
    from langchain.agents import create_agent
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    @tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    return create_agent(ChatOpenAI(model="gpt-4o-mini", base_url=server.url, api_key="test"), [add], name="calculator")


def agent(server: ScriptedServer) -> None:
    """Two model calls, and a tool call between them."""
    _calculator(server).invoke({"messages": [("user", "What is 2 + 3?")]})


def agent_async(server: ScriptedServer) -> None:
    """The same on the event loop."""
    asyncio.run(_calculator(server).ainvoke({"messages": [("user", "What is 2 + 3?")]}))


def _coder(server: ScriptedServer, **options: Any) -> Any:
    from smolagents import CodeAgent, OpenAIServerModel, tool

    @tool
    def add(a: int, b: int) -> int:
        """Add two numbers.

        Args:
            a: One of them.
            b: The other one.
        """
        return a + b

    model = OpenAIServerModel("gpt-4o-mini", api_base=server.url, api_key="test")
    return CodeAgent([add], model, name="coder", verbosity_level=-1, **options)


def coder(server: ScriptedServer) -> None:
    """Two model calls, each with code that an agent of smolagents runs, and a tool in the code."""
    assert _coder(server).run("What is 2 + 3?") == "It is 5."


def coder_streamed(server: ScriptedServer) -> None:
    """The same, read step by step and word by word."""
    with redirect_stdout(sys.stderr):  # it shows the words as they come, whatever its verbosity
        *_, last = _coder(server, stream_outputs=True).run("What is 2 + 3?", stream=True)
    assert last.output == "It is 5."


def _desk(server: ScriptedServer) -> Any:
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat
    from agno.team import Team

    from agentops_agno.scripted import Answer, ScriptedModel

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    model = OpenAIChat(id="gpt-4o-mini", base_url=server.url, api_key="test")
    member = Agent(name="calculator", role="Calculates", model=model, tools=[add], telemetry=False)
    asked = {"member_id": "calculator", "task": "What is 2 + 3?"}
    leader = ScriptedModel("gpt-4o", [Answer(calls=[("delegate_task_to_member", asked)]), "It is 5."])
    return Team(name="desk", members=[member], model=leader, telemetry=False)


def team(server: ScriptedServer) -> None:
    """A team of agno whose member makes two model calls, with a tool between them."""
    assert _desk(server).run("What is 2 + 3?").content == "It is 5."


def team_streamed(server: ScriptedServer) -> None:
    """The same, read event by event."""
    *_, last = _desk(server).run("What is 2 + 3?", stream=True, stream_events=True)
    assert last.content == "It is 5."


def by_hand(server: ScriptedServer) -> None:
    """A whole answer, a stream, the other endpoint and an embedding."""
    import openai

    with openai.OpenAI(base_url=server.url, api_key="test") as client:
        client.chat.completions.create(**HELLO)
        chunks = list(client.chat.completions.create(**HELLO, stream=True, stream_options={"include_usage": True}))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello to you"
        client.responses.create(model="gpt-4o-mini", input="hello")
        client.embeddings.create(model="text-embedding-3-small", input="hello")


def refused(server: ScriptedServer) -> None:
    """A model that nobody can reach."""
    import openai

    client = openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="test", max_retries=0)
    with client, suppress(openai.APIConnectionError):
        client.chat.completions.create(**HELLO)


def claude(server: ScriptedServer) -> None:
    """An answer and a stream of Anthropic's library, which makes spans itself."""
    import anthropic

    said = {**HELLO, "model": "claude-haiku-4-5", "max_tokens": 9}
    with anthropic.Anthropic(base_url=server.origin, api_key="test") as client:
        client.messages.create(**said)
        with client.messages.stream(**said) as stream:
            stream.get_final_message()


def _told(recorded: Recording) -> dict[str, Any]:
    check_tree(recorded)
    spans = [
        {"kind": s.kind, "origin": s.origin, "attributes": dict(s.attributes), "input": s.input, "output": s.output}
        for s in recorded.spans
    ]
    return {"outline": recorded.outline(), "spans": spans}


def main(instrumentations: str, integrations: str, *programs: str) -> None:
    """Run the programs, each in a recording of its own."""
    trace.set_tracer_provider(TracerProvider())
    for name in filter(None, instrumentations.split(",")):
        module, _, instrumentor = INSTRUMENTORS[name].partition(":")
        getattr(importlib.import_module(module), instrumentor)().instrument()
    told = {}
    with scripted_server(_answer) as server:
        for program in programs:
            with recording() as recorded:
                for name in ("opentelemetry", "threads", *filter(None, integrations.split(","))):
                    agentops.enable(name)
                globals()[program](server)
            told[program] = _told(recorded)
    sys.stdout.write(json.dumps(told, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
