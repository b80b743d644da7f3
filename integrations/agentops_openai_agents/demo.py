"""A customer-support desk of four agents: ``python -m agentops_openai_agents.demo`` records it.

The runner, its tools, guardrails and handoffs are the SDK's own; only the model answers from a script.
"""

import asyncio
import contextlib

import agents
from agents import Agent, GuardrailFunctionOutput, InputGuardrailTripwireTriggered, RunConfig, Runner, function_tool
from agents.guardrail import input_guardrail
from agents.run_context import RunContextWrapper

import agentops
from agentops_openai_agents.scripted import ScriptedModel, Turn

__all__ = ["main"]

_attempts: list[str] = []


@function_tool
async def find_order(order_id: str) -> dict[str, object]:
    """Look up an order."""
    await asyncio.sleep(0.03)
    return {"order": order_id, "item": "Espresso machine", "price": 189.0, "shipped": "2026-11-12"}


@function_tool
async def track_parcel(order_id: str) -> str:
    """Ask the carrier where a parcel is."""
    await asyncio.sleep(0.05)
    _attempts.append(order_id)
    if len(_attempts) == 1:
        raise TimeoutError("carrier API did not answer within 50 ms")
    return "Lost in transit since 2026-11-15, depot Leipzig."


@function_tool
async def search_policies(query: str) -> list[str]:
    """Search the company's policies."""
    await asyncio.sleep(0.02)
    return ["§4 Parcels lost by the carrier are refunded in full within 14 days.", "§7 Gift cards are not refunded."]


@function_tool
async def issue_refund(order_id: str, amount: float) -> str:
    """Refund an order."""
    await asyncio.sleep(0.04)
    return f"Refund R-2291 of {amount:.2f} EUR for {order_id} is on its way."


@input_guardrail
async def stays_on_topic(
    context: RunContextWrapper[None], agent: Agent[None], asked: object
) -> GuardrailFunctionOutput:
    """Let through what is about orders."""
    await asyncio.sleep(0.01)
    return GuardrailFunctionOutput(output_info="topic", tripwire_triggered="crypto" in str(asked))


def policy_expert() -> Agent[None]:
    """Return the agent that the order agent asks as a tool."""
    return Agent[None](
        name="policy expert",
        instructions="Answer from the policies only.",
        tools=[search_policies],
        model=ScriptedModel(
            Turn(calls=[("search_policies", {"query": "lost parcel refund"})], input_tokens=212, output_tokens=18),
            Turn("Lost parcels are refunded in full within 14 days (§4).", input_tokens=287, output_tokens=17),
            delay_s=0.04,
        ),
    )


def order_agent() -> Agent[None]:
    """Return the agent that puts things right."""
    order = {"order_id": "A-1042"}
    question = {"input": "Who pays when the carrier loses a parcel?"}
    refund = {**order, "amount": 189.0}
    answer = "I am sorry: the carrier has lost your parcel. The full 189.00 EUR are on their way back (R-2291)."
    return Agent[None](
        name="order agent",
        instructions="Find out what happened to the order and put it right.",
        tools=[
            find_order,
            track_parcel,
            issue_refund,
            policy_expert().as_tool("ask_policy_expert", "Ask what the policies say."),
        ],
        model=ScriptedModel(
            Turn(calls=[("find_order", order), ("track_parcel", order)], input_tokens=486, output_tokens=52),
            Turn(calls=[("track_parcel", order), ("ask_policy_expert", question)], input_tokens=603, output_tokens=47),
            Turn(calls=[("issue_refund", refund)], input_tokens=731, output_tokens=29),
            Turn(answer, input_tokens=802, output_tokens=38),
            model="gpt-4o",
            delay_s=0.06,
        ),
    )


def support_desk() -> Agent[None]:
    """Return the agent that takes the calls, with the one that it hands over to."""
    return Agent[None](
        name="triage",
        instructions="Pass the customer on to whoever can help.",
        handoffs=[order_agent()],
        input_guardrails=[stays_on_topic],
        model=ScriptedModel(
            Turn(calls=[("transfer_to_order_agent", {})], input_tokens=318, output_tokens=14), delay_s=0.03
        ),
    )


async def run() -> str:
    """Serve two customers: one who gets help, and one whom the guardrail stops."""
    desk = RunConfig(workflow_name="Customer support", group_id="chat-4711")
    answer = await Runner.run(support_desk(), "Where is my order A-1042? It should be here by now.", run_config=desk)
    with contextlib.suppress(InputGuardrailTripwireTriggered):
        await Runner.run(
            support_desk(), "Which crypto should I buy?", run_config=RunConfig(workflow_name="Customer support")
        )
    return str(answer.final_output)


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agents.set_trace_processors([])
    agentops.init(tags=["demo"], trace_name="support desk")
    _attempts.clear()
    asyncio.run(run())


if __name__ == "__main__":
    main()
