"""A clinic's front desk of four agents: ``python -m agentops_google_adk.demo`` records it.

The agents, tools and transfers are ADK's own; only the models answer from a script.
"""

import asyncio
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.runners import InMemoryRunner
from google.adk.tools.agent_tool import AgentTool
from google.genai import types

import agentops
from agentops_google_adk.scripted import Answer, scripted

__all__ = ["main"]

_FAST, _GOOD = "gemini-2.5-flash", "gemini-2.5-pro"


async def find_slots(doctor: str, week: str) -> dict[str, Any]:
    """Find free appointments."""
    await asyncio.sleep(0.03)
    return {"slots": ["2026-11-24 09:20", "2026-11-26 14:40"]}


async def read_insurance(patient: str) -> dict[str, Any]:
    """Ask the insurer what is covered."""
    await asyncio.sleep(0.05)
    return {"status": "error", "error_message": "insurer did not answer within 50 ms"}


async def book(slot: str, patient: str) -> dict[str, Any]:
    """Book an appointment."""
    await asyncio.sleep(0.04)
    return {"booking": "B-7731", "slot": slot}


def front_desk() -> LlmAgent:
    """Return the agent that takes the calls, with those that it hands over to."""
    triage_nurse = LlmAgent(
        name="triage_nurse",
        description="Judges how urgent a complaint is.",
        instruction="Judge how urgent it is.",
        model=scripted(_GOOD, Answer(text="Not urgent: within a week.", input_tokens=268, output_tokens=11)),
    )
    asked = [("find_slots", {"doctor": "Dr. Weiss", "week": "2026-W48"}), ("read_insurance", {"patient": "P-118"})]
    scheduler = LlmAgent(
        name="scheduler",
        description="Makes appointments.",
        instruction="Find and book an appointment.",
        model=scripted(
            _FAST,
            Answer(calls=[("triage_nurse", {"request": "Knee pain for three weeks"})], input_tokens=391),
            Answer(calls=asked, input_tokens=452, output_tokens=47, seconds=0.05),
            Answer(calls=[("book", {"slot": "2026-11-24 09:20", "patient": "P-118"})], input_tokens=561),
            Answer(text="Booked: Tuesday 09:20, B-7731. Bring your card.", input_tokens=602, output_tokens=21),
        ),
        tools=[AgentTool(triage_nurse), find_slots, read_insurance, book],
    )
    return LlmAgent(
        name="receptionist",
        instruction="Pass each caller on to whoever can help.",
        model=scripted(
            _FAST,
            Answer(calls=[("transfer_to_agent", {"agent_name": "scheduler"})], input_tokens=305, output_tokens=12),
        ),
        sub_agents=[scheduler],
    )


async def run() -> str:
    """Serve one caller."""
    runner = InMemoryRunner(agent=front_desk(), app_name="clinic")
    session = await runner.session_service.create_session(app_name="clinic", user_id="P-118")
    asked = types.Content(role="user", parts=[types.Part(text="My knee has been hurting for three weeks.")])
    said = ""
    async for event in runner.run_async(user_id="P-118", session_id=session.id, new_message=asked):
        for part in (event.content.parts if event.content is not None else None) or ():
            said = part.text or said
    return said


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agentops.init(tags=["demo"], trace_name="front desk")
    asyncio.run(run())


if __name__ == "__main__":
    main()
