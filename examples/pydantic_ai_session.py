"""A Pydantic AI agent answers a question about the weather, in a session of its own.

Runs with no key: the model answers from a script. With a key, give the agent ``"openai:gpt-4o-mini"``.

    pip install 'agentops[pydantic-ai]'
    python pydantic_ai_session.py
    agentops show last
"""

from pydantic_ai import Agent

import agentops
from agentops_pydantic_ai.scripted import Answer, ScriptedModel

agentops.init(tags=["example"], auto_start_session=False)

model = ScriptedModel(
    "gpt-4o-mini",
    [
        Answer(calls=[("weather", {"city": "Vienna"})], input_tokens=112, output_tokens=17),
        Answer(text="18 °C and dry: no umbrella needed.", input_tokens=148, output_tokens=12),
    ],
)
forecaster = Agent(model, name="forecaster", instructions="Say whether an umbrella is needed.")


@forecaster.tool_plain
def weather(city: str) -> str:
    """Say what the weather will be like."""
    return f"18 °C and dry in {city}"


@agentops.session(name="umbrella", tags=["weather"])
def ask(question: str) -> str:
    return forecaster.run_sync(question).output


if __name__ == "__main__":
    print(ask("Do I need an umbrella in Vienna?"))
