"""A wine merchant's desk of three agents: ``python -m agentops_agent_framework.demo`` records it.

The agents and tools are Agent Framework's own; only the models answer from a script.
"""

import asyncio

from agent_framework import Agent

import agentops
from agentops_agent_framework.scripted import Answer, ScriptedClient

__all__ = ["main"]


async def search_cellar(style: str) -> list[str]:
    """Search the cellar."""
    await asyncio.sleep(0.03)
    return ["Riesling Ried Steinriegl 2022, 24 bottles", "Grüner Veltliner Loibner 2023, 6 bottles"]


async def read_prices(wine: str) -> float:
    """Read today's price list."""
    await asyncio.sleep(0.04)
    raise ConnectionError("price list is locked by another user")


async def order(wine: str, bottles: int) -> str:
    """Order bottles."""
    await asyncio.sleep(0.05)
    return f"Order W-5512: {bottles} bottles of {wine}, ready on Friday."


def _sommelier() -> Agent:
    answers = [
        Answer(
            calls=[("search_cellar", {"style": "dry, with trout"}), ("read_prices", {"wine": "Riesling 2022"})],
            input_tokens=344,
            output_tokens=44,
            seconds=0.05,
        ),
        Answer(text="The Riesling Steinriegl 2022.", input_tokens=431, output_tokens=13, seconds=0.05),
    ]
    return Agent(
        client=ScriptedClient("gpt-4o-mini", answers),
        name="sommelier",
        description="Knows what goes with what.",
        instructions="Recommend one wine from the cellar.",
        tools=[search_cellar, read_prices],
    )


def _merchant() -> Agent:
    answers = [
        Answer(calls=[("sommelier", {"task": "What goes with trout for twelve?"})], input_tokens=389, output_tokens=24),
        Answer(calls=[("order", {"wine": "Riesling Steinriegl 2022", "bottles": 6})], input_tokens=447),
        Answer(text="Six bottles of the Riesling are ready on Friday (W-5512).", input_tokens=503, output_tokens=19),
    ]
    return Agent(
        client=ScriptedClient("gpt-4o", answers),
        name="merchant",
        instructions="Advise and take the order.",
        tools=[_sommelier().as_tool(), order],
    )


async def run() -> str:
    """Serve one customer, and write the label at the same time."""
    label = Agent(
        client=ScriptedClient("gpt-4o-mini", [Answer(text="For Anna, with love.", input_tokens=58, seconds=0.06)]),
        name="calligrapher",
        instructions="Write a label.",
    )
    written = asyncio.ensure_future(label.run("A label for Anna."))
    served = await _merchant().run("We are twelve and there is trout. What should we drink?")
    await written
    return str(served)


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agentops.init(tags=["demo"], trace_name="wine merchant")
    asyncio.run(run())


if __name__ == "__main__":
    main()
