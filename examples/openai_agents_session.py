"""Two agents of the OpenAI Agents SDK plan a trip, in a session of their own.

Runs with no key: the model answers from a script. With a key, leave ``model`` out, and the agents use OpenAI's.

    pip install 'agentops[openai-agents]'
    python openai_agents_session.py
    agentops show last
"""

import asyncio

import agents
from agents import Agent, Runner, function_tool

import agentops
from agentops_openai_agents.scripted import ScriptedModel, Turn

agentops.init(tags=["example"], auto_start_session=False)
agents.set_trace_processors([])


@function_tool
def weather(city: str) -> str:
    """Say what the weather will be like."""
    return f"18 °C and dry in {city}"


@function_tool
def find_trains(origin: str, destination: str) -> list[str]:
    """Find trains."""
    return [f"{origin} 08:04 – {destination} 12:31", f"{origin} 10:04 – {destination} 14:31"]


booking = Agent(
    name="booking clerk",
    instructions="Book the earliest train.",
    tools=[find_trains],
    model=ScriptedModel(
        Turn(
            calls=[("find_trains", {"origin": "Berlin", "destination": "Vienna"})], input_tokens=171, output_tokens=22
        ),
        Turn("Take the 08:04 from Berlin; you are in Vienna at 12:31.", input_tokens=240, output_tokens=24),
    ),
)
planner = Agent(
    name="planner",
    instructions="Look at the weather, then hand over to whoever books.",
    tools=[weather],
    handoffs=[booking],
    model=ScriptedModel(
        Turn(calls=[("weather", {"city": "Vienna"})], input_tokens=143, output_tokens=15),
        Turn(calls=[("transfer_to_booking_clerk", {})], input_tokens=182, output_tokens=12),
    ),
)


@agentops.session(name="weekend trip", tags=["travel"])
async def plan() -> str:
    result = await Runner.run(planner, "I want to spend Saturday in Vienna.")
    return str(result.final_output)


if __name__ == "__main__":
    print(asyncio.run(plan()))
