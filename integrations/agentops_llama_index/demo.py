"""A museum's desk: ``python -m agentops_llama_index.demo`` records it.

The agents, tools, index and query engine are LlamaIndex's own; only the models answer from a script.
"""

import asyncio

from llama_index.core import VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.schema import TextNode
from llama_index.core.tools import QueryEngineTool

import agentops
from agentops_llama_index.scripted import Answer, LetterEmbedding, ScriptedLLM

__all__ = ["main"]

_CATALOGUE = {
    "K-12": "Astronomical clock, Nuremberg 1530, brass and iron. Room 7, on the second floor.",
    "K-31": "Pocket sundial of a merchant, ivory, about 1600. Room 3.",
    "M-08": "Map of the salt roads, parchment, 1488. Room 9, shown on request.",
}


async def check_room(room: int) -> str:
    """Ask the building whether a room is open."""
    await asyncio.sleep(0.02)
    raise TimeoutError(f"room {room} does not answer")


async def book_tour(room: int, hour: int) -> str:
    """Book a guided tour."""
    await asyncio.sleep(0.03)
    return f"Tour T-204: room {room} at {hour}:00, meeting point at the desk."


def _catalogue() -> QueryEngineTool:
    nodes = [TextNode(id_=number, text=entry) for number, entry in _CATALOGUE.items()]
    answer = Answer(
        text="K-12, an astronomical clock of 1530, in room 7.", input_tokens=198, output_tokens=14, seconds=0.04
    )
    engine = VectorStoreIndex(nodes, embed_model=LetterEmbedding()).as_query_engine(
        llm=ScriptedLLM("gpt-4o-mini", [answer]), similarity_top_k=2
    )
    return QueryEngineTool.from_defaults(engine, name="search_catalogue", description="Ask the museum's catalogue.")


def _curator() -> FunctionAgent:
    answers = [
        Answer(
            calls=[("search_catalogue", {"input": "old clocks"}), ("check_room", {"room": 7})],
            input_tokens=341,
            output_tokens=38,
            seconds=0.05,
        ),
        Answer(calls=[("book_tour", {"room": 7, "hour": 15})], input_tokens=452, output_tokens=21, seconds=0.05),
        Answer(
            text="The clock of 1530 is in room 7. Your tour T-204 begins at 15:00.", input_tokens=498, output_tokens=22
        ),
    ]
    return FunctionAgent(
        name="curator",
        description="Knows the collection, and books tours.",
        system_prompt="Answer from the catalogue.",
        tools=[_catalogue(), check_room, book_tour],
        llm=ScriptedLLM("gpt-4o", answers),
        allow_parallel_tool_calls=True,
    )


def _receptionist() -> FunctionAgent:
    handoff = ("handoff", {"to_agent": "curator", "reason": "a question about the collection"})
    return FunctionAgent(
        name="receptionist",
        description="Greets visitors.",
        system_prompt="Hand over what is about the collection.",
        llm=ScriptedLLM("gpt-4o-mini", [Answer(calls=[handoff], input_tokens=187, output_tokens=24, seconds=0.04)]),
    )


async def run() -> str:
    """Serve one visitor, and translate a sign at the same time."""
    desk = AgentWorkflow(agents=[_receptionist(), _curator()], root_agent="receptionist")
    translator = FunctionAgent(
        name="translator",
        llm=ScriptedLLM("gpt-4o-mini", [Answer(text="Bitte nicht berühren.", input_tokens=41, seconds=0.05)]),
    )
    served = desk.run(user_msg="Where are the old clocks, and can I see them with a guide?")
    await translator.run(user_msg="Please do not touch.")
    return str(await served)


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agentops.init(tags=["demo"], trace_name="museum desk")
    asyncio.run(run())


if __name__ == "__main__":
    main()
