"""What several test modules run: a small team on a scripted model."""

from collections.abc import Iterable

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_autogen.scripted import Answer, ScriptedModel

MODEL = "gpt-4o-mini"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def model(*answers: Answer | str | BaseException) -> ScriptedModel:
    """A model that gives these answers."""
    return ScriptedModel(MODEL, answers)


def call(*calls: tuple[str, str], input_tokens: int = 10, output_tokens: int = 5) -> Answer:
    """An answer that asks for tools, as ``(name, arguments)``."""
    return Answer(calls=calls, input_tokens=input_tokens, output_tokens=output_tokens)


def agent(
    name: str, answers: Iterable[Answer | str | BaseException] = ("Done.",), **settings: object
) -> AssistantAgent:
    """An agent on a model of its own."""
    return AssistantAgent(name, model(*answers), **settings)  # type: ignore[arg-type]


def pair(**settings: object) -> RoundRobinGroupChat:
    """A researcher with a tool, and a writer; each speaks once."""
    researcher = agent(
        "researcher", [call(("add", '{"a": 1, "b": 2}')), "It is 3."], tools=[add], reflect_on_tool_use=True, **settings
    )
    return RoundRobinGroupChat(
        [researcher, agent("writer", ["Three."], **settings)], termination_condition=MaxMessageTermination(3)
    )


PAIR = """\
session default
  workflow RoundRobinGroupChat
    agent researcher
      llm gpt-4o-mini
      tool add
      llm gpt-4o-mini
    agent writer
      llm gpt-4o-mini"""


def check(recorded: Recording) -> str:
    """End what is open as the end of the process would, check what is true of every tree, and return the outline."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
