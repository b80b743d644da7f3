"""Two agents of CrewAI write a travel tip, in a session of their own.

Runs with no key: the models answer from a script. With a key, leave ``llm`` out, and the agents use OpenAI's.

    pip install 'agentops[crewai]'
    python crewai_session.py
    agentops show last
"""

from crewai import Agent, Crew, Task
from crewai.tools import tool

import agentops
from agentops_crewai.scripted import ScriptedModel, Turn

agentops.init(tags=["example"], auto_start_session=False)


@tool("weather")
def weather(city: str) -> str:
    """Say what the weather will be like."""
    return f"18 °C and dry in {city}"


@tool("find_museums")
def find_museums(city: str) -> list[str]:
    """Find museums that are open."""
    return ["Albertina, until 18:00", "Belvedere, until 17:00"]


scout = Agent(
    role="Scout",
    goal="Find out what the day will be like",
    backstory="You have been everywhere.",
    tools=[weather, find_museums],
    llm=ScriptedModel(
        Turn(
            calls=[("weather", {"city": "Vienna"}), ("find_museums", {"city": "Vienna"})],
            input_tokens=171,
            output_tokens=38,
        ),
        Turn("Dry, 18 °C. The Albertina is open until 18:00.", input_tokens=240, output_tokens=17),
    ),
)
writer = Agent(
    role="Writer",
    goal="Make people want to go",
    backstory="You write for a Sunday paper.",
    llm=ScriptedModel(Turn("Walk in the morning, and see Dürer's hare at four.", input_tokens=203, output_tokens=15)),
)
look = Task(name="look around", description="Find out about {city}.", expected_output="Notes", agent=scout)
write = Task(name="write the tip", description="Write a tip for {city}.", expected_output="A sentence", agent=writer)


@agentops.session(name="travel tip", tags=["travel"])
def tip(city: str) -> str:
    return str(Crew(name="Travel desk", agents=[scout, writer], tasks=[look, write]).kickoff(inputs={"city": city}))


if __name__ == "__main__":
    print(tip("Vienna"))
