"""A Strands agent answers a question about the weather, in a session of its own.

Runs with no key: the model answers from a script. With AWS credentials, leave ``model`` out.

    pip install 'agentops[strands]'
    python strands_session.py
    agentops show last
"""

from strands import Agent, tool

import agentops
from agentops_strands.scripted import Answer, ScriptedModel

agentops.init(tags=["example"], auto_start_session=False)


@tool
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
forecaster = Agent(name="forecaster", model=model, tools=[weather], callback_handler=None)


@agentops.session(name="umbrella", tags=["weather"])
def ask(question: str) -> str:
    return str(forecaster(question))


if __name__ == "__main__":
    print(ask("Do I need an umbrella in Vienna?"))
