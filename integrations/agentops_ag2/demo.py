"""A garden shop's desk of three agents: ``python -m agentops_ag2.demo`` records it.

The agents and tools are AG2's own; only the models answer from a script.
"""

import asyncio

from ag2 import Agent

import agentops
from agentops_ag2.scripted import Answer, ScriptedModel

__all__ = ["main"]


async def search_plants(place: str) -> list[str]:
    """Search the nursery."""
    await asyncio.sleep(0.03)
    return ["Hydrangea arborescens Annabelle, 24.90 EUR", "Hosta Big Daddy, 11.50 EUR"]


async def check_frost(week: int) -> str:
    """Ask the weather service for frost."""
    await asyncio.sleep(0.02)
    raise TimeoutError(f"no forecast for week {week}")


async def reserve(plant: str, pieces: int) -> str:
    """Reserve plants."""
    await asyncio.sleep(0.04)
    return f"Reservation G-771: {pieces} x {plant}, until Saturday."


def _botanist() -> Agent:
    answers = [
        Answer(calls=[("search_plants", {"place": "shade"})], input_tokens=266, output_tokens=19, seconds=0.05),
        Answer(calls=[("check_frost", {"week": 49})], input_tokens=309, output_tokens=17, seconds=0.04),
        Answer(text="Annabelle: it likes shade and stands frost.", input_tokens=352, output_tokens=15, seconds=0.04),
    ]
    return Agent(
        "botanist",
        "Recommend one plant from the nursery.",
        config=ScriptedModel("gpt-4o-mini", answers),
        tools=[search_plants, check_frost],
    )


def _gardener() -> Agent:
    answers = [
        Answer(calls=[("task_botanist", {"objective": "What grows in the shade?"})], input_tokens=311, seconds=0.05),
        Answer(calls=[("reserve", {"plant": "Annabelle", "pieces": 3})], input_tokens=402, output_tokens=23),
        Answer(text="Three Annabelle are reserved for you (G-771).", input_tokens=455, output_tokens=17),
    ]
    return Agent(
        "gardener",
        "Advise and reserve.",
        config=ScriptedModel("gpt-4o", answers),
        tools=[_botanist().as_tool(description="Ask who knows plants."), reserve],
    )


async def run() -> str:
    """Serve one customer, and write the label at the same time."""
    label = Agent(
        "sign writer",
        "Write a label.",
        config=ScriptedModel("gpt-4o-mini", [Answer(text="Reserved for Anna.", input_tokens=49, seconds=0.06)]),
    )
    written = asyncio.ensure_future(label.ask("A label for Anna."))
    served = await _gardener().ask("My garden lies in the shade. What should I plant?")
    await written
    return str(served.body)


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agentops.init(tags=["demo"], trace_name="garden shop")
    asyncio.run(run())


if __name__ == "__main__":
    main()
