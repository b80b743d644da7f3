"""An ADK agent answers a question about the weather, in a session of its own.

Runs with no key: the model answers from a script. With a key, give the agent ``model="gemini-2.5-flash"``.

    pip install 'agentops[google-adk]'
    python google_adk_session.py
    agentops show last
"""

import asyncio

from google.adk.agents import LlmAgent
from google.adk.runners import InMemoryRunner
from google.genai import types

import agentops
from agentops_google_adk.scripted import Answer, scripted

agentops.init(tags=["example"], auto_start_session=False)


def weather(city: str) -> dict[str, str]:
    """Say what the weather will be like."""
    return {"forecast": f"18 °C and dry in {city}"}


model = scripted(
    "gemini-2.5-flash",
    Answer(calls=[("weather", {"city": "Vienna"})], input_tokens=112, output_tokens=17),
    Answer(text="18 °C and dry: no umbrella needed.", input_tokens=148, output_tokens=12),
)
forecaster = LlmAgent(name="forecaster", model=model, tools=[weather], instruction="Say whether to take an umbrella.")


@agentops.session(name="umbrella", tags=["weather"])
async def ask(question: str) -> None:
    runner = InMemoryRunner(agent=forecaster, app_name="weather")
    chat = await runner.session_service.create_session(app_name="weather", user_id="me")
    message = types.Content(role="user", parts=[types.Part(text=question)])
    async for event in runner.run_async(user_id="me", session_id=chat.id, new_message=message):
        for part in (event.content.parts if event.content else None) or ():
            if part.text:
                print(part.text)


if __name__ == "__main__":
    asyncio.run(ask("Do I need an umbrella in Vienna?"))
