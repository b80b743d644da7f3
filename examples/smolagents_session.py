"""An agent of smolagents answers a question about the weather in code, in a session of its own.

Runs with no key: the model answers from a script. With a key, give the agent an ``InferenceClientModel``.

    pip install 'agentops[smolagents]'
    python smolagents_session.py
    agentops show last
"""

from smolagents import CodeAgent, LogLevel, tool

import agentops
from agentops_smolagents.scripted import Answer, ScriptedModel, code

agentops.init(tags=["example"], auto_start_session=False)


@tool
def weather(city: str) -> str:
    """Say what the weather will be like.

    Args:
        city: Where.
    """
    return f"18 °C and dry in {city}"


model = ScriptedModel(
    "gpt-4o-mini",
    [
        Answer(text=code("print(weather('Vienna'))", "I ask the weather."), input_tokens=112, output_tokens=17),
        Answer(text=code("final_answer('18 °C and dry: no umbrella needed.')"), input_tokens=148, output_tokens=12),
    ],
)
forecaster = CodeAgent([weather], model, name="forecaster", verbosity_level=LogLevel.ERROR)


@agentops.session(name="umbrella", tags=["weather"])
def ask(question: str) -> str:
    return str(forecaster.run(question))


if __name__ == "__main__":
    print(ask("Do I need an umbrella in Vienna?"))
