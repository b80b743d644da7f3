"""A travel desk of four agents: ``python -m agentops_pydantic_ai.demo`` records it.

The agents, tools and typed results are Pydantic AI's own; only the models answer from a script.
"""

import asyncio

from pydantic import BaseModel
from pydantic_ai import Agent, ModelRetry

import agentops
from agentops_pydantic_ai.scripted import Answer, ScriptedModel

__all__ = ["main"]


class Trip(BaseModel):
    """What the traveller gets."""

    train: str
    hotel: str
    total_eur: float


_trains = Agent(
    ScriptedModel(
        "gpt-4o-mini",
        [
            Answer(
                calls=[("search_trains", {"origin": "Berlin", "destination": "Wien", "day": "2026-12-05"})],
                input_tokens=231,
                output_tokens=29,
                seconds=0.04,
            ),
            Answer(
                calls=[("search_trains", {"origin": "Berlin", "destination": "Vienna", "day": "2026-12-05"})],
                input_tokens=287,
                output_tokens=29,
                seconds=0.04,
            ),
            Answer(text="ICE 91, 08:04 to 15:27, 69.90 EUR.", input_tokens=342, output_tokens=19, seconds=0.05),
        ],
    ),
    name="train expert",
    instructions="Find the best train. Prefer direct ones.",
)
_hotels = Agent(
    ScriptedModel(
        "gpt-4o-mini",
        [
            Answer(
                calls=[("search_hotels", {"city": "Vienna"}), ("read_reviews", {"hotel": "Hotel Donau"})],
                input_tokens=208,
                output_tokens=41,
                seconds=0.05,
            ),
            Answer(text="Hotel Donau, 118 EUR, quiet rooms.", input_tokens=311, output_tokens=14, seconds=0.06),
        ],
    ),
    name="hotel expert",
    instructions="Find a hotel near the station.",
)
_critic = Agent(
    ScriptedModel("gpt-4o", [TimeoutError("model endpoint did not answer within 60 s")]), name="budget critic"
)
_planner = Agent(
    ScriptedModel(
        "gpt-4o",
        [
            Answer(
                calls=[
                    ("ask_train_expert", {"question": "Berlin to Vienna on 5 December?"}),
                    ("ask_hotel_expert", {"question": "One night in Vienna?"}),
                ],
                input_tokens=412,
                output_tokens=58,
                seconds=0.07,
            ),
            Answer(calls=[("check_budget", {"total_eur": 187.9})], input_tokens=538, output_tokens=17, seconds=0.04),
            Answer(
                calls=[("final_result", {"train": "ICE 91, 08:04", "hotel": "Hotel Donau", "total_eur": 187.9})],
                input_tokens=590,
                output_tokens=36,
                seconds=0.06,
            ),
        ],
    ),
    name="planner",
    output_type=Trip,
    instructions="Plan the trip with the experts.",
)


@_trains.tool_plain(retries=2)
async def search_trains(origin: str, destination: str, day: str) -> list[str]:
    """Search the timetable."""
    await asyncio.sleep(0.03)
    if destination == "Wien":
        raise ModelRetry("Unknown station 'Wien'. Use English names.")
    return ["ICE 91 08:04 15:27 direct 69.90", "RJ 257 10:15 18:58 1 change 54.90"]


@_hotels.tool_plain
async def search_hotels(city: str) -> list[str]:
    """Search for hotels."""
    await asyncio.sleep(0.05)
    return ["Hotel Donau 118.00", "Pension Ring 84.00"]


@_hotels.tool_plain
async def read_reviews(hotel: str) -> str:
    """Read what guests wrote."""
    await asyncio.sleep(0.03)
    return "8.9 of 10 from 412 guests: quiet, near the station."


@_planner.tool_plain
async def ask_train_expert(question: str) -> str:
    """Ask who knows trains."""
    return (await _trains.run(question)).output


@_planner.tool_plain
async def ask_hotel_expert(question: str) -> str:
    """Ask who knows hotels."""
    return (await _hotels.run(question)).output


@_planner.tool_plain
async def check_budget(total_eur: float) -> str:
    """Ask the critic, who may be away."""
    try:
        return (await _critic.run(f"Is {total_eur} EUR too much?")).output
    except TimeoutError:
        return "The critic is away; the limit is 200 EUR."


async def run() -> Trip:
    """Plan one trip."""
    return (await _planner.run("A weekend in Vienna from Berlin on 5 December, at most 200 EUR.")).output


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agentops.init(tags=["demo"], trace_name="travel desk")
    asyncio.run(run())


if __name__ == "__main__":
    main()
