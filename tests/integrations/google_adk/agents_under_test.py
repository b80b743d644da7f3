"""Agents with a tool and a scripted model."""

import asyncio
from collections.abc import Callable
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.runners import InMemoryRunner
from google.genai import types

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_google_adk.scripted import Answer, ScriptedModel, scripted

ASKED = "What is 2 + 3?"


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


def fail(a: int, b: int) -> dict[str, int]:
    """Break."""
    raise ZeroDivisionError("no result today")


def calculator(use: Callable[..., Any] = add, model: ScriptedModel | None = None) -> LlmAgent:
    """An agent that asks its tool once, and says the result."""
    call = Answer(calls=[(use.__name__, {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)
    script = scripted("gemini-2.5-flash", call, Answer(text="It is 5.", input_tokens=130, output_tokens=8))
    return LlmAgent(name="calculator", model=model or script, tools=[use], instruction="Do the sums.")


async def ask(agent: LlmAgent, *, streams: bool = False) -> list[str]:
    """Run an agent to the end, and return the texts that it has said."""
    runner = InMemoryRunner(agent=agent, app_name="sums")
    session = await runner.session_service.create_session(app_name="sums", user_id="u")
    message = types.Content(role="user", parts=[types.Part(text=ASKED)])
    settings = RunConfig(streaming_mode=StreamingMode.SSE if streams else StreamingMode.NONE)
    said = []
    async for event in runner.run_async(user_id="u", session_id=session.id, new_message=message, run_config=settings):
        said += [part.text for part in (event.content.parts if event.content else None) or () if part.text]
    return said


def run(agent: LlmAgent) -> list[str]:
    """Run an agent to the end."""
    return asyncio.run(ask(agent))


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
