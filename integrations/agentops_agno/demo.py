"""A bakery's order desk: ``python -m agentops_agno.demo`` records it.

The team, its members, their tools and the approval are agno's own; only the models answer from a script.
"""

import logging
import time
from typing import Any

from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.guardrails import PromptInjectionGuardrail
from agno.team import Team
from agno.tools import tool

import agentops
from agentops_agno.scripted import Answer, ScriptedModel

__all__ = ["main"]


def recipe_book(query: str, **_: Any) -> list[dict[str, Any] | str] | None:
    """Look a cake up in the recipe book."""
    time.sleep(0.02)
    return [{"content": "Plum cake: 400 g of flour, 1 kg of plums, 60 minutes at 180 °C."}]


def check_stock(item: str) -> str:
    """Ask the storeroom how many kilograms there are."""
    time.sleep(0.02)
    if item == "plums":
        raise TimeoutError("the scale of the storeroom does not answer")
    return "12 kg"


@tool(requires_confirmation=True)
def place_order(cake: str, pieces: int) -> str:
    """Put an order into the book."""
    time.sleep(0.03)
    return f"Order B-318: {pieces} x {cake}, Saturday from 9:00."


def _storekeeper() -> Agent:
    answers = [
        Answer(
            calls=[("search_knowledge_base", {"query": "plum cake"})], input_tokens=338, output_tokens=21, seconds=0.05
        ),
        Answer(
            calls=[("check_stock", {"item": "flour"}), ("check_stock", {"item": "plums"})],
            input_tokens=421,
            output_tokens=41,
            seconds=0.05,
        ),
        Answer(
            text="There is flour; the plums I have counted by hand: 6 kg.",
            input_tokens=506,
            output_tokens=24,
            seconds=0.04,
        ),
    ]
    return Agent(
        name="storekeeper",
        role="Knows the recipes and the storeroom.",
        model=ScriptedModel("gpt-4o-mini", answers),
        tools=[check_stock],
        knowledge_retriever=recipe_book,
        search_knowledge=True,
        telemetry=False,
    )


def _desk() -> Team:
    asked = {"member_id": "storekeeper", "task": "Can we bake two plum cakes until Saturday?"}
    answers = [
        Answer(calls=[("delegate_task_to_member", asked)], input_tokens=612, output_tokens=33, seconds=0.05),
        Answer(
            calls=[("place_order", {"cake": "plum cake", "pieces": 2})],
            input_tokens=688,
            output_tokens=29,
            seconds=0.05,
        ),
        Answer(
            text="Your order is B-318: two plum cakes, Saturday from 9:00.",
            input_tokens=742,
            output_tokens=18,
            seconds=0.04,
        ),
    ]
    return Team(
        name="desk",
        members=[_storekeeper()],
        model=ScriptedModel("gpt-4o", answers),
        instructions="Answer with the number of the order.",
        tools=[place_order],
        pre_hooks=[PromptInjectionGuardrail()],
        db=InMemoryDb(),  # type: ignore[no-untyped-call]  # agno leaves it so
        telemetry=False,
    )


def run() -> str:
    """Serve one customer: ask the storekeeper, and have a person approve the order."""
    desk = _desk()
    paused: Any = desk.run("Two plum cakes for Saturday, please.", session_id="customer-27")
    time.sleep(0.1)
    for requirement in paused.requirements:
        requirement.confirm()
    answer: Any = desk.continue_run(
        run_id=paused.run_id, requirements=paused.requirements, session_id=paused.session_id
    )
    return str(answer.content)


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    for name in ("agno", "agno-team"):  # agno prints each error that the demo is about
        logging.getLogger(name).disabled = True
    agentops.init(tags=["demo"], trace_name="bakery desk")
    run()


if __name__ == "__main__":
    main()
