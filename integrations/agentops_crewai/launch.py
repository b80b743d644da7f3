"""The flow behind the demo: two analysts at once, then a writer who has the facts checked."""

import time
from typing import Any

from crewai import Agent, Crew, Task
from crewai.flow.flow import Flow, listen, router, start
from crewai.tools import tool
from pydantic import BaseModel

from agentops_crewai.scripted import ScriptedModel, Turn

__all__ = ["LaunchFlow"]

_searches: list[str] = []

COMPETITORS = "Three rivals sell in Austria, at 39 to 89 EUR; none of them comes with a filter that can be washed."
CUSTOMERS = "Customers like the taste (4.4 of 5) and complain about paper filters (31 of 120 reviews)."
CHECKED = "Checked: 31 of 120 reviews is 26 %, and the cheapest rival costs 39 EUR."
DRAFT = "The cold-brew maker for people who are tired of paper filters."
BRIEF = f"{DRAFT} Every fourth reviewer (26 %) is. From 49 EUR, ten more than the cheapest rival."


@tool("search_web")
def search_web(query: str) -> str:
    """Search the web."""
    time.sleep(0.05)
    _searches.append(query)
    if len(_searches) == 1:
        raise TimeoutError("search.example did not answer within 50 ms")
    return "Brewista 39 EUR; Hario 59 EUR; OXO 89 EUR. All with paper filters."


@tool("read_reviews")
def read_reviews(product: str, limit: int) -> dict[str, Any]:
    """Read what customers say about products of a kind."""
    time.sleep(0.04)
    return {"product": product, "read": limit, "stars": 4.4, "complaints": {"paper filters": 31, "leaks": 6}}


@tool("count_words")
def count_words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


def has_figures(output: Any) -> tuple[bool, Any]:
    """Let through what gives at least one figure."""
    if any(character.isdigit() for character in output.raw):
        return True, output.raw
    return False, "There is no figure in it. Have the facts checked, and give at least one."


def market_analyst() -> Agent:
    """Return the agent whose search fails once."""
    return Agent(
        role="Market analyst",
        goal="Know every competitor and every price",
        backstory="You have priced coffee machines for ten years.",
        tools=[search_web],
        llm=ScriptedModel(
            Turn(
                calls=[("search_web", {"query": "cold brew maker price Austria"})], input_tokens=362, output_tokens=24
            ),
            Turn(calls=[("search_web", {"query": "cold brew makers Austria"})], input_tokens=431, output_tokens=22),
            Turn(COMPETITORS, input_tokens=498, output_tokens=31, cached=256),
            delay_s=0.06,
        ),
    )


def customer_researcher() -> Agent:
    """Return the agent that uses two tools at once."""
    reviews = ("read_reviews", {"product": "cold-brew maker", "limit": 120})
    words = ("count_words", {"text": "Complaints about filters and leaks"})
    return Agent(
        role="Customer researcher",
        goal="Know what people complain about",
        backstory="You read reviews so that others need not.",
        tools=[read_reviews, count_words],
        llm=ScriptedModel(
            Turn(calls=[reviews, words], input_tokens=388, output_tokens=41),
            Turn(CUSTOMERS, input_tokens=502, output_tokens=28),
            delay_s=0.05,
        ),
    )


def strategist() -> Agent:
    """Return the agent that sums up."""
    return Agent(
        role="Strategist",
        goal="Say in one sentence why anybody should buy it",
        backstory="You have launched forty products.",
        llm=ScriptedModel(
            Turn("Lead with the washable filter; price it at 49 EUR.", input_tokens=641, output_tokens=19),
            model="gpt-4o",
            delay_s=0.08,
        ),
    )


def research() -> Crew:
    """Return two analysts who work at the same time, and a strategist who waits for both."""
    prices = Task(
        name="compare prices",
        description="Find out who sells cold-brew makers in Austria, and for how much.",
        expected_output="A list of competitors with prices",
        agent=market_analyst(),
        async_execution=True,
    )
    reviews = Task(
        name="read reviews",
        description="Find out what customers complain about.",
        expected_output="The most frequent complaints with their counts",
        agent=customer_researcher(),
        async_execution=True,
    )
    position = Task(
        name="find the angle",
        description="Say what to lead with, and at which price.",
        expected_output="One sentence",
        agent=strategist(),
        context=[prices, reviews],
    )
    tasks = [prices, reviews, position]
    return Crew(name="Research", agents=[task.agent for task in tasks if task.agent is not None], tasks=tasks)


def editorial() -> Crew:
    """Return a writer who delegates the checking, and whose text must pass a guardrail."""
    checker = Agent(
        role="Fact checker",
        goal="Let no wrong figure through",
        backstory="You trust nobody.",
        llm=ScriptedModel(Turn(CHECKED, input_tokens=274, output_tokens=26), delay_s=0.05),
    )
    question = {
        "task": "Check the share of complaints and the lowest price.",
        "context": f"{COMPETITORS} {CUSTOMERS}",
        "coworker": "Fact checker",
    }
    writer = Agent(
        role="Writer",
        goal="Make people want it",
        backstory="You write short sentences.",
        allow_delegation=True,
        llm=ScriptedModel(
            Turn(DRAFT, input_tokens=712, output_tokens=16),
            Turn(calls=[("delegate_work_to_coworker", question)], input_tokens=768, output_tokens=74),
            Turn(BRIEF, input_tokens=921, output_tokens=33, cached=512),
            model="gpt-4o",
            delay_s=0.07,
        ),
    )
    text = Task(
        name="write the brief",
        description="Write the launch brief for {product} in {market}.",
        expected_output="Two sentences",
        agent=writer,
        guardrail=has_figures,
    )
    return Crew(name="Editorial", agents=[writer, checker], tasks=[text])


class Launch(BaseModel):
    """What is launched, and where."""

    product: str = ""
    market: str = ""


class LaunchFlow(Flow[Launch]):
    """From a product to its launch brief."""

    @start()
    def explore(self) -> str:
        """Look at the market and at customers."""
        _searches.clear()
        return str(research().kickoff())

    @router(explore)
    def decide(self) -> str:
        """Go on only where there is something to say."""
        return "worth it"

    @listen("worth it")
    def write(self) -> str:
        """Write it up."""
        return str(editorial().kickoff(inputs={"product": self.state.product, "market": self.state.market}))
