"""A museum's desk of four agents: ``python -m agentops_semantic_kernel.demo`` records it.

The agents, functions and the orchestration are Semantic Kernel's own; only the models answer from a script.
"""

import asyncio
import logging

from semantic_kernel.agents import ChatCompletionAgent, ConcurrentOrchestration
from semantic_kernel.agents.runtime import InProcessRuntime
from semantic_kernel.functions import kernel_function

import agentops
from agentops_semantic_kernel.scripted import Answer, scripted

__all__ = ["main"]


class Collection:
    """What the museum has."""

    @kernel_function(description="Search the collection.")
    async def search(self, query: str) -> list[str]:
        """Search the collection."""
        await asyncio.sleep(0.03)
        return ["Hare in the Snow, 1502, room 4", "Field Hare, study, 1503, depot"]

    @kernel_function(description="Ask whether a room is open.")
    async def room_status(self, room: int) -> str:
        """Ask whether a room is open."""
        await asyncio.sleep(0.02)
        raise ConnectionError(f"no answer from the door of room {room}")


class Tours:
    """Guided tours."""

    @kernel_function(description="Book a guided tour.")
    async def book(self, theme: str, people: int) -> str:
        """Book a guided tour."""
        await asyncio.sleep(0.05)
        return f"Tour T-118: {theme}, {people} people, Saturday 14:00."


def _curator() -> ChatCompletionAgent:
    service = scripted(
        "gpt-4o-mini",
        Answer(
            calls=[("Collection-search", {"query": "hare"}), ("Collection-room_status", {"room": 4})],
            input_tokens=301,
            output_tokens=39,
            seconds=0.05,
        ),
        Answer(text="Hare in the Snow hangs in room 4.", input_tokens=388, output_tokens=14, seconds=0.04),
    )
    return ChatCompletionAgent(
        service=service,
        name="curator",
        description="Knows every picture.",
        instructions="Answer from the collection only.",
        plugins=[Collection()],
    )


def _guide() -> ChatCompletionAgent:
    service = scripted(
        "gpt-4o",
        Answer(calls=[("curator-curator", {"messages": "Which hares do you have?"})], input_tokens=352, seconds=0.04),
        Answer(calls=[("Tours-book", {"theme": "hares", "people": 6})], input_tokens=431, output_tokens=22),
        Answer(text="Your tour to the hare in room 4 is booked (T-118).", input_tokens=487, output_tokens=18),
    )
    return ChatCompletionAgent(
        service=service, name="guide", instructions="Plan the visit.", plugins=[Tours(), _curator()]
    )


def _reviewer(language: str, answer: str) -> ChatCompletionAgent:
    service = scripted("gpt-4o-mini", Answer(text=answer, input_tokens=77, output_tokens=12, seconds=0.05))
    return ChatCompletionAgent(service=service, name=language, instructions=f"Translate the label to {language}.")


async def run() -> str:
    """Plan one visit, and have a label translated to two languages at once."""
    response = await _guide().get_response("We are six and love hares. What can we see on Saturday?")
    runtime = InProcessRuntime()
    runtime.start()
    labels = ConcurrentOrchestration(
        members=[_reviewer("German", "Hase im Schnee"), _reviewer("French", "Lièvre dans la neige")], name="labels"
    )
    result = await labels.invoke("Hare in the Snow", runtime)
    await result.get(timeout=10)
    await runtime.stop_when_idle()
    return str(response)


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    # The function that fails is part of the story; the framework would print its stack.
    logging.getLogger("semantic_kernel").setLevel(logging.CRITICAL)
    agentops.init(tags=["demo"], trace_name="museum desk")
    asyncio.run(run())


if __name__ == "__main__":
    main()
