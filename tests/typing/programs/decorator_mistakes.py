"""Mistakes that a type checker finds in a call of what is decorated. Each line marked ``error`` must be refused."""

import agentops
from agentops.sdk.decorators import agent, session, tool


@session
def ask(question: str) -> str:
    return question


@tool(name="add")
def add(a: int, b: int) -> int:
    return a + b


@agent
class Planner:
    def __init__(self, model: str) -> None:
        self.model = model


ask(1)  # error
ask()  # error
add("1", 2)  # error
total: str = add(1, 2)  # error
Planner()  # error
session(nmae="support")  # error
tool(cost="five")  # error
agentops.track_endpoint(capture="no")  # error
tool("search")  # error
