"""An AG2 agent answers a question about the weather, in a session of its own.

Runs with no key: the model answers from a script. With a key, give the agent an ``OpenAIConfig``.

    pip install 'agentops[ag2]'
    python ag2_session.py
    agentops show last
"""

import asyncio

from ag2 import Agent

import agentops
from agentops_ag2.scripted import Answer, ScriptedModel

agentops.init(tags=["example"], auto_start_session=False)


def weather(city: str) -> str:
    """Say what the weather will be like."""
    return f"18 °C and dry in {city}"


model = ScriptedModel(
    "gpt-4o-mini",
    [
        Answer(calls=[("weather", {"city": "Vienna"})], input_tokens=112, output_tokens=17),
        Answer(text="18 °C and dry: no umbrella needed.", input_tokens=148, output_tokens=12),
    ],
)
forecaster = Agent("forecaster", "Say whether to take an umbrella.", config=model, tools=[weather])


@agentops.session(name="umbrella", tags=["weather"])
async def ask(question: str) -> str:
    return str((await forecaster.ask(question)).body)


if __name__ == "__main__":
    print(asyncio.run(ask("Do I need an umbrella in Vienna?")))
