"""A team of two AutoGen agents plans a trip, in a session of its own.

Runs with no key: the models answer from a script. With a key, give the agents an ``OpenAIChatCompletionClient``.

    pip install 'agentops[autogen]'
    python autogen_session.py
    agentops show last
"""

import asyncio

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import TextMentionTermination
from autogen_agentchat.teams import RoundRobinGroupChat

import agentops
from agentops_autogen.scripted import Answer, ScriptedModel

agentops.init(tags=["example"], auto_start_session=False)


async def weather(city: str) -> str:
    """Say what the weather will be like."""
    return f"18 °C and dry in {city}"


def find_trains(origin: str, destination: str) -> list[str]:
    """Find trains."""
    return [f"{origin} 08:04 – {destination} 12:31", f"{origin} 10:04 – {destination} 14:31"]


asked = [("weather", '{"city": "Vienna"}'), ("find_trains", '{"origin": "Berlin", "destination": "Vienna"}')]
planner = AssistantAgent(
    "planner",
    ScriptedModel(
        "gpt-4o-mini",
        [
            Answer(calls=asked, input_tokens=171, output_tokens=41),
            Answer(text="Take the 08:04; it stays dry.", input_tokens=259, output_tokens=13),
        ],
    ),
    tools=[weather, find_trains],
    reflect_on_tool_use=True,
)
critic = AssistantAgent(
    "critic",
    ScriptedModel("gpt-4o-mini", [Answer(text="Time for lunch, too. APPROVE", input_tokens=88, output_tokens=9)]),
    system_message="Say APPROVE when the plan is good.",
)


@agentops.session(name="weekend trip", tags=["travel"])
async def plan() -> str:
    team = RoundRobinGroupChat([planner, critic], termination_condition=TextMentionTermination("APPROVE"))
    result = await team.run(task="I want to spend Saturday in Vienna.")
    return f"{result.messages[-2].to_text()}\n({result.messages[-1].to_text()})"


if __name__ == "__main__":
    print(asyncio.run(plan()))
