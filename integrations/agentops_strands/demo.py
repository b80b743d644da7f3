"""A newsroom of four agents: ``python -m agentops_strands.demo`` records it.

The agents, tools and the graph are Strands' own; only the models answer from a script.
"""

import time

from strands import Agent, tool
from strands.multiagent import GraphBuilder

import agentops
from agentops_strands.scripted import Answer, ScriptedModel

__all__ = ["main"]


@tool
def search_archive(query: str) -> list[str]:
    """Search the newspaper's archive."""
    time.sleep(0.04)
    return ["2024-03-02: City plans tram line 7", "2025-11-19: Council approves 41 million for line 7"]


@tool
def read_minutes(date: str) -> str:
    """Read the minutes of a council meeting."""
    time.sleep(0.03)
    raise ConnectionError(f"council archive refused the connection (minutes of {date})")


@tool
def check_claim(claim: str) -> str:
    """Have a claim checked by somebody who does nothing else."""
    checker = Agent(
        name="claim checker",
        model=ScriptedModel(
            "gpt-4o-mini",
            [Answer(text="Confirmed by two sources.", input_tokens=164, output_tokens=9, seconds=0.04)],
        ),
        callback_handler=None,
    )
    return str(checker(f"Is it true? {claim}"))


def _agent(name: str, model: ScriptedModel, task: str, *tools: object) -> Agent:
    return Agent(name=name, model=model, system_prompt=task, tools=list(tools), callback_handler=None)


def _researcher() -> Agent:
    answers = [
        Answer(
            calls=[("search_archive", {"query": "tram line 7"}), ("read_minutes", {"date": "2025-11-19"})],
            input_tokens=376,
            output_tokens=48,
            seconds=0.05,
        ),
        Answer(text="Line 7: 41 million approved on 2025-11-19; minutes are not available.", input_tokens=489),
    ]
    return _agent(
        "researcher", ScriptedModel("gpt-4o-mini", answers), "Find what is known.", search_archive, read_minutes
    )


def run() -> str:
    """Research, then write and illustrate at the same time, then edit."""
    said = "Tram line 7 has its 41 million, and opens in 2029."
    checked = [
        Answer(calls=[("check_claim", {"claim": said})], input_tokens=812, output_tokens=26, seconds=0.05),
        Answer(text=f"{said} Checked.", input_tokens=874, output_tokens=21, seconds=0.05),
    ]
    writer = ScriptedModel("gpt-4o", [Answer(text=said, input_tokens=562, output_tokens=143, seconds=0.09)])
    artist = ScriptedModel("gpt-4o-mini", [Answer(text="A tram at dusk.", input_tokens=540, output_tokens=7)])
    graph = GraphBuilder()
    graph.add_node(_researcher(), "research")
    graph.add_node(_agent("writer", writer, "Write 100 words."), "write")
    graph.add_node(_agent("illustrator", artist, "Propose a picture."), "illustrate")
    graph.add_node(_agent("editor", ScriptedModel("gpt-4o", checked), "Check and print.", check_claim), "edit")
    for source, target in (("research", "write"), ("research", "illustrate"), ("write", "edit")):
        graph.add_edge(source, target)
    graph.set_entry_point("research")
    graph.set_max_node_executions(10)
    result = graph.build()("What happened to tram line 7?")
    return str(result.results["edit"].result)


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agentops.init(tags=["demo"], trace_name="newsroom")
    run()


if __name__ == "__main__":
    main()
