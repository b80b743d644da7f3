"""A bakery's order desk: ``python -m agentops_smolagents.demo`` records it.

The agents, tools and the code that runs are smolagents' own; only the models answer from a script.
"""

import time

from smolagents import CodeAgent, LogLevel, ToolCallingAgent, tool

import agentops
from agentops_smolagents.scripted import Answer, ScriptedModel, code

__all__ = ["main"]


@tool
def find_recipe(cake: str) -> str:
    """Look a cake up in the recipe book.

    Args:
        cake: Its name.
    """
    time.sleep(0.02)
    return "Plum cake: 400 g of flour, 1 kg of plums, 60 minutes at 180 °C."


@tool
def check_stock(item: str) -> int:
    """Ask the storeroom how many kilograms there are.

    Args:
        item: What to ask for.
    """
    time.sleep(0.02)
    if item == "plums":
        raise TimeoutError("the scale of the storeroom does not answer")
    return 12


@tool
def place_order(cake: str, pieces: int) -> str:
    """Put an order into the book.

    Args:
        cake: Which cake.
        pieces: How many.
    """
    time.sleep(0.03)
    return f"Order B-318: {pieces} x {cake}, Saturday from 9:00."


def _storekeeper() -> ToolCallingAgent:
    answers = [
        Answer(
            calls=[("find_recipe", {"cake": "plum cake"}), ("check_stock", {"item": "flour"})],
            input_tokens=338,
            output_tokens=41,
            seconds=0.05,
        ),
        Answer(
            calls=[("final_answer", {"answer": "Plum cake can be baked: 12 kg of flour are there."})],
            input_tokens=421,
            output_tokens=24,
            seconds=0.04,
        ),
    ]
    return ToolCallingAgent(
        [find_recipe, check_stock],
        ScriptedModel("gpt-4o-mini", answers),
        name="storekeeper",
        description="Knows the recipes and the storeroom.",
        verbosity_level=LogLevel.OFF,
    )


def _said(source: str, thought: str, input_tokens: int, output_tokens: int) -> Answer:
    text = code(source, thought)
    return Answer(text=text, input_tokens=input_tokens, output_tokens=output_tokens, seconds=0.05)


def _is_an_order(answer: object, *_: object, **__: object) -> bool:
    return "B-" in str(answer)


def run() -> str:
    """Serve one customer: plan, ask the storekeeper, stumble over a scale, and answer when there is an order."""
    answers = [
        Answer(text="1. Ask the storekeeper.\n2. Place the order.", input_tokens=274, output_tokens=18, seconds=0.04),
        _said("print(storekeeper('Can we bake plum cake?'))", "I ask the storekeeper.", 512, 33),
        _said("print(check_stock('plums'))", "How many plums are there?", 604, 26),
        _said("final_answer('I will see to it.')", "The scale is broken.", 688, 21),
        _said("final_answer(place_order('plum cake', pieces=2))", "I place the order.", 742, 29),
    ]
    desk = CodeAgent(
        [check_stock, place_order],
        ScriptedModel("gpt-4o", answers),
        name="desk",
        instructions="Answer with the number of the order.",
        managed_agents=[_storekeeper()],
        planning_interval=5,
        final_answer_checks=[_is_an_order],
        verbosity_level=LogLevel.OFF,
    )
    return str(desk.run("Two plum cakes for Saturday, please."))


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agentops.init(tags=["demo"], trace_name="bakery desk")
    run()


if __name__ == "__main__":
    main()
