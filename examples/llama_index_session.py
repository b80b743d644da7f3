"""A LlamaIndex agent answers a question about the weather, in a session of its own.

Runs with no key: the model answers from a script. With a key, give the agent an ``OpenAI`` model.

    pip install 'agentops[llama-index]'
    python llama_index_session.py
    agentops show last
"""

import asyncio

from llama_index.core.agent.workflow import FunctionAgent

import agentops
from agentops_llama_index.scripted import Answer, ScriptedLLM

agentops.init(tags=["example"], auto_start_session=False)


def weather(city: str) -> str:
    """Say what the weather will be like."""
    return f"18 °C and dry in {city}"


model = ScriptedLLM(
    "gpt-4o-mini",
    [
        Answer(calls=[("weather", {"city": "Vienna"})], input_tokens=112, output_tokens=17),
        Answer(text="18 °C and dry: no umbrella needed.", input_tokens=148, output_tokens=12),
    ],
)
forecaster = FunctionAgent(
    name="forecaster", system_prompt="Say whether to take an umbrella.", tools=[weather], llm=model
)


@agentops.session(name="umbrella", tags=["weather"])
async def ask(question: str) -> str:
    return str(await forecaster.run(user_msg=question))


if __name__ == "__main__":
    print(asyncio.run(ask("Do I need an umbrella in Vienna?")))
