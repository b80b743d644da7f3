"""An agent of agno answers a question about the weather, in a session of its own.

Runs with no key: the model answers from a script. With a key, give the agent an ``OpenAIChat``.

    pip install 'agentops[agno]'
    python agno_session.py
    agentops show last
"""

from agno.agent import Agent

import agentops
from agentops_agno.scripted import Answer, ScriptedModel

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
forecaster = Agent(name="forecaster", model=model, tools=[weather], telemetry=False)


@agentops.session(name="umbrella", tags=["weather"])
def ask(question: str) -> str:
    return str(forecaster.run(question).content)


if __name__ == "__main__":
    print(ask("Do I need an umbrella in Vienna?"))
