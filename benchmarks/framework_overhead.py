"""What recording adds to an agent run of each framework: two model calls and a tool between, on a scripted model.

    python -m benchmarks.framework_overhead strands [--rounds 25] [--runs 20] [--write]

in an environment that has that framework; ``--write`` puts the row into docs/performance.md, beside those of others.
Blocks of runs alternate, A B A B: without us, and recorded to the spool. CPU time is that of the whole process, so what
the writing thread does counts. A figure is the median over the rounds of the ratio to the plain block of the same
round.
"""

import argparse
import asyncio
import gc
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.update(LANGSMITH_TRACING="false", CREWAI_DISABLE_TELEMETRY="true", CREWAI_TRACING_ENABLED="false")
os.environ.update(CREWAI_TESTING="true")

import agentops
from agentops.plugins import installed_version, plugins
from benchmarks.report import DOCS, Row, update

TITLE = "Running an agent of each framework"
NOTE = (
    "One agent, two calls of a scripted model that costs nothing, one tool (LangGraph: two): CPU of the process per"
    " run, unrecorded and recorded. A real model's answer takes a hundred times as long."
    " `nox -s overhead`, each in an environment of its own."
)
ASKED = "What is 2 + 3?"
GOALS = {"langchain": "≤ 1.15×"}


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def langchain() -> Callable[[], object]:
    from benchmarks.langgraph_overhead import QUESTION, agent

    made = agent()
    return lambda: made.invoke(QUESTION)


def crewai() -> Callable[[], object]:
    from crewai import Agent, Crew, Task
    from crewai.tools import tool

    from agentops_crewai.scripted import ScriptedModel, Turn

    def run() -> object:
        model = ScriptedModel(Turn(calls=[("add", {"a": 2, "b": 3})]), Turn("It is 5."))
        who = Agent(role="Calculator", goal="Sums", backstory="Exact.", tools=[tool("add")(add)], llm=model)
        task = Task(description=ASKED, expected_output="A number.", agent=who)
        return Crew(agents=[who], tasks=[task]).kickoff()

    return run


def autogen() -> Callable[[], object]:
    from autogen_agentchat.agents import AssistantAgent

    from agentops_autogen.scripted import Answer, ScriptedModel

    def run() -> object:
        model = ScriptedModel("gpt-4o-mini", [Answer(calls=[("add", '{"a": 2, "b": 3}')]), "It is 5."])
        agent = AssistantAgent("calculator", model, tools=[add], reflect_on_tool_use=True)
        return asyncio.run(agent.run(task=ASKED))

    return run


def openai_agents() -> Callable[[], object]:
    from agents import Agent, Runner, function_tool, set_trace_processors

    from agentops_openai_agents.scripted import ScriptedModel, Turn

    set_trace_processors([])
    tool = function_tool(add)

    def run() -> object:
        model = ScriptedModel(Turn(calls=[("add", {"a": 2, "b": 3})]), Turn("It is 5."))
        return asyncio.run(Runner.run(Agent(name="calculator", model=model, tools=[tool]), ASKED))

    return run


def pydantic_ai() -> Callable[[], object]:
    from pydantic_ai import Agent

    from agentops_pydantic_ai.scripted import Answer, ScriptedModel

    def run() -> object:
        model = ScriptedModel("gpt-4o-mini", [Answer(calls=[("add", {"a": 2, "b": 3})]), Answer(text="It is 5.")])
        return asyncio.run(Agent(model, name="calculator", tools=[add]).run(ASKED))

    return run


def google_adk() -> Callable[[], object]:
    from google.adk.agents import LlmAgent
    from google.adk.runners import InMemoryRunner
    from google.genai import types

    from agentops_google_adk.scripted import Answer, scripted

    async def ask() -> list[object]:
        model = scripted("gemini-2.5-flash", Answer(calls=[("add", {"a": 2, "b": 3})]), Answer(text="It is 5."))
        runner = InMemoryRunner(agent=LlmAgent(name="calculator", model=model, tools=[add]), app_name="sums")
        session = await runner.session_service.create_session(app_name="sums", user_id="u")
        message = types.Content(role="user", parts=[types.Part(text=ASKED)])
        return [event async for event in runner.run_async(user_id="u", session_id=session.id, new_message=message)]

    return lambda: asyncio.run(ask())


def strands() -> Callable[[], object]:
    from strands import Agent, tool

    from agentops_strands.scripted import Answer, ScriptedModel

    used = tool(add)

    def run() -> object:
        model = ScriptedModel("gpt-4o-mini", [Answer(calls=[("add", {"a": 2, "b": 3})]), Answer(text="It is 5.")])
        return Agent(name="calculator", model=model, tools=[used], callback_handler=None)(ASKED)

    return run


def agent_framework() -> Callable[[], object]:
    from agent_framework import Agent

    from agentops_agent_framework.scripted import Answer, ScriptedClient

    def run() -> object:
        client = ScriptedClient("gpt-4o-mini", [Answer(calls=[("add", {"a": 2, "b": 3})]), Answer(text="It is 5.")])
        return asyncio.run(Agent(client=client, name="calculator", tools=[add]).run(ASKED))

    return run


def semantic_kernel() -> Callable[[], object]:
    from semantic_kernel.agents import ChatCompletionAgent
    from semantic_kernel.functions import kernel_function

    from agentops_semantic_kernel.scripted import Answer, scripted

    class Sums:
        add = staticmethod(kernel_function(add))

    def run() -> object:
        service = scripted("gpt-4o-mini", Answer(calls=[("Sums-add", {"a": 2, "b": 3})]), Answer(text="It is 5."))
        agent = ChatCompletionAgent(service=service, name="calculator", plugins=[Sums()])
        return asyncio.run(agent.get_response(ASKED))

    return run


def ag2() -> Callable[[], object]:
    from ag2 import Agent

    from agentops_ag2.scripted import Answer, ScriptedModel

    def run() -> object:
        model = ScriptedModel("gpt-4o-mini", [Answer(calls=[("add", {"a": 2, "b": 3})]), Answer(text="It is 5.")])
        return asyncio.run(Agent("calculator", "You calculate.", config=model, tools=[add]).ask(ASKED))

    return run


def llama_index() -> Callable[[], object]:
    from llama_index.core.agent.workflow import FunctionAgent

    from agentops_llama_index.scripted import Answer, ScriptedLLM

    async def ask() -> object:
        model = ScriptedLLM("gpt-4o-mini", [Answer(calls=[("add", {"a": 2, "b": 3})]), Answer(text="It is 5.")])
        return await FunctionAgent(name="calculator", tools=[add], llm=model).run(user_msg=ASKED)

    return lambda: asyncio.run(ask())


def smolagents() -> Callable[[], object]:
    from smolagents import LogLevel, ToolCallingAgent, tool

    from agentops_smolagents.scripted import Answer, ScriptedModel

    @tool
    def add(a: int, b: int) -> int:
        """Add two numbers.

        Args:
            a: One of them.
            b: The other one.
        """
        return a + b

    def run() -> object:
        script = [Answer(calls=[("add", {"a": 2, "b": 3})]), Answer(calls=[("final_answer", {"answer": "It is 5."})])]
        model = ScriptedModel("gpt-4o-mini", script)
        return ToolCallingAgent([add], model, name="calculator", verbosity_level=LogLevel.OFF).run(ASKED)

    return run


def agno() -> Callable[[], object]:
    from agno.agent import Agent

    from agentops_agno.scripted import Answer, ScriptedModel

    def run() -> object:
        model = ScriptedModel("gpt-4o-mini", [Answer(calls=[("add", {"a": 2, "b": 3})]), "It is 5."])
        return Agent(name="calculator", model=model, tools=[add], telemetry=False).run(ASKED)

    return run


PROGRAMS = {
    program.__name__.replace("_", "-"): program
    for program in (
        langchain, crewai, autogen, openai_agents, pydantic_ai, google_adk, strands, agent_framework, semantic_kernel,
        ag2, llama_index, smolagents, agno,
    )
}  # fmt: skip


def _cpu_ms(run: Callable[[], object], count: int) -> float:
    """Return milliseconds of CPU per run, over a block, with everything that it left to be written."""
    gc.collect()
    started = time.process_time()
    for _ in range(count):
        run()
    agentops.flush()
    return (time.process_time() - started) * 1000 / count


def _round(name: str, run: Callable[[], object], runs: int) -> tuple[float, float, float]:
    plain = _cpu_ms(run, runs)
    agentops.enable(name)
    with agentops.start_session("benchmark") as session:
        recorded = _cpu_ms(run, runs)
        spans = len(session.events) / runs
    agentops.disable(name)
    return plain, recorded, spans


def measure(name: str, rounds: int, runs: int) -> dict[str, Any]:
    """Run the rounds, after one to warm up; return medians, and the share that recording adds."""
    run = PROGRAMS[name]()
    _round(name, run, max(2, runs // 4))
    found = [_round(name, run, runs) for _ in range(rounds)]
    return {
        "plain_ms": statistics.median(plain for plain, _, _ in found),
        "recorded_ms": statistics.median(recorded for _, recorded, _ in found),
        "added": statistics.median(recorded / plain - 1 for plain, recorded, _ in found),
        "spans": found[0][2],
    }


def write(name: str, result: dict[str, Any]) -> None:
    """Put the row of one framework beside those of the others that were measured."""
    distribution = plugins.entries[name].integration.distribution
    what = f"{distribution} {installed_version(distribution)}, {result['spans']:.0f} spans"
    row = Row(
        what,
        f"{result['plain_ms']:.1f} ms",
        f"{result['recorded_ms']:.1f} ms (+{result['added']:.0%})",
        1 + result["added"],
        GOALS.get(name, ""),
    )
    path = DOCS / "performance.json"
    before = json.loads(path.read_text()).get("frameworks", {}).get("rows", []) if path.exists() else []
    others = [Row(**each) for each in before if not each["what"].startswith(f"{distribution} ")]
    update("frameworks", TITLE, NOTE, sorted([*others, row], key=lambda each: each.what))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(PROGRAMS))
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--runs", type=int, default=20, help="runs per block")
    parser.add_argument("--write", action="store_true", help="write the row into docs/performance.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["CREWAI_STORAGE_DIR"] = home
        agentops.init(home=home, integrations=[], auto_start_session=False)
        result = measure(options.name, options.rounds, options.runs)
    print(
        f"{options.name:16} {result['plain_ms']:8.2f} ms, recorded {result['recorded_ms']:8.2f} ms CPU per run "
        f"({result['added']:+.1%}, {result['spans']:.0f} spans)"
    )
    if options.write:
        write(options.name, result)


if __name__ == "__main__":
    main()
