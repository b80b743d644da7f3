"""An Agent Framework agent answers a question about the weather, in a session of its own.

Runs with no key: the client answers from a script. With a key, give the agent an ``OpenAIChatClient``.

    pip install 'agentops[agent-framework]'
    python agent_framework_session.py
    agentops show last
"""

import asyncio

from agent_framework import Agent

import agentops
from agentops_agent_framework.scripted import Answer, ScriptedClient

agentops.init(tags=["example"], auto_start_session=False)


def weather(city: str) -> str:
    """Say what the weather will be like."""
    return f"18 °C and dry in {city}"


client = ScriptedClient(
    "gpt-4o-mini",
    [
        Answer(calls=[("weather", {"city": "Vienna"})], input_tokens=112, output_tokens=17),
        Answer(text="18 °C and dry: no umbrella needed.", input_tokens=148, output_tokens=12),
    ],
)
forecaster = Agent(client=client, name="forecaster", instructions="Say whether to take an umbrella.", tools=[weather])


@agentops.session(name="umbrella", tags=["weather"])
async def ask(question: str) -> str:
    return str(await forecaster.run(question))


if __name__ == "__main__":
    print(asyncio.run(ask("Do I need an umbrella in Vienna?")))
