"""A Semantic Kernel agent answers a question about the weather, in a session of its own.

Runs with no key: the service answers from a script. With a key, give the agent an ``OpenAIChatCompletion``.

    pip install 'agentops[semantic-kernel]'
    python semantic_kernel_session.py
    agentops show last
"""

import asyncio

from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.functions import kernel_function

import agentops
from agentops_semantic_kernel.scripted import Answer, scripted

agentops.init(tags=["example"], auto_start_session=False)


class Weather:
    """What the agent can ask."""

    @kernel_function
    def forecast(self, city: str) -> str:
        """Say what the weather will be like."""
        return f"18 °C and dry in {city}"


service = scripted(
    "gpt-4o-mini",
    Answer(calls=[("Weather-forecast", {"city": "Vienna"})], input_tokens=112, output_tokens=17),
    Answer(text="18 °C and dry: no umbrella needed.", input_tokens=148, output_tokens=12),
)
forecaster = ChatCompletionAgent(
    service=service, name="forecaster", instructions="Say whether to take an umbrella.", plugins=[Weather()]
)


@agentops.session(name="umbrella", tags=["weather"])
async def ask(question: str) -> str:
    return str(await forecaster.get_response(question))


if __name__ == "__main__":
    print(asyncio.run(ask("Do I need an umbrella in Vienna?")))
