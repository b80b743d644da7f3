"""Tools, workbenches, code and memory: arguments, results, errors, and what is current inside them."""

import asyncio
import inspect
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from autogen_agentchat.agents import CodeExecutorAgent
from autogen_core import CancellationToken, Component
from autogen_core.memory import ListMemory, MemoryContent, MemoryMimeType
from autogen_core.tools import (
    FunctionTool,
    StaticWorkbench,
    TextResultContent,
    ToolOverride,
    ToolResult,
    ToolSchema,
    Workbench,
)
from autogen_ext.code_executors.local import LocalCommandLineCodeExecutor
from pydantic import BaseModel

import agentops
from agentops.semconv import GenAI
from agentops.semconv import Span as Attr
from agentops.testing import Recording
from tests.integrations.autogen.runs import add, agent, call, check


@agentops.operation
def look_up(city: str) -> str:
    """Something of the user's own, which records itself."""
    return f"Sunny in {city}."


def test_what_a_plain_function_records_is_below_its_tool(recorded: Recording) -> None:
    """AutoGen runs plain functions in a thread without context; two at once, and each is under its own call."""
    both = threading.Barrier(2, timeout=10)

    def weather(city: str) -> str:
        """Say what the weather is like."""
        both.wait()
        return look_up(city)

    calls = call(("weather", '{"city": "Rome"}'), ("weather", '{"city": "Oslo"}'))
    asyncio.run(agent("guide", [calls], tools=[weather]).run(task="Where is it sunny?"))
    assert (
        check(recorded)
        == """\
session default
  agent guide
    llm gpt-4o-mini
    tool weather
      operation look_up
    tool weather
      operation look_up"""
    )
    for tool in recorded.find("tool"):
        [operation] = [span for span in recorded.find("operation") if span.parent is tool]
        assert tool.input == operation.input
        assert tool.output == operation.output == f"Sunny in {tool.input['city']}."  # type: ignore[index]
    assert [tool.attributes[GenAI.TOOL_CALL_ID] for tool in recorded.find("tool")] == ["call_1_1", "call_1_2"]


def test_what_a_coroutine_records_is_below_its_tool(recorded: Recording) -> None:
    """The same for asynchronous tools."""

    async def weather(city: str, cancellation_token: CancellationToken) -> str:
        """Say what the weather is like."""
        await asyncio.sleep(0)
        return look_up(city)

    asyncio.run(agent("guide", [call(("weather", '{"city": "Rome"}'))], tools=[weather]).run(task="Sunny?"))
    assert check(recorded).splitlines()[3:] == ["    tool weather", "      operation look_up"]
    [tool] = recorded.find("tool")
    assert tool.attributes[GenAI.TOOL_DESCRIPTION] == "Say what the weather is like."


def test_a_tool_that_raises_fails_and_the_run_goes_on(recorded: Recording) -> None:
    """The model reads the error; the tree has its type and stack."""

    def weather(city: str) -> str:
        """Say what the weather is like."""
        raise LookupError(f"no such city: {city}")

    guide = agent(
        "guide", [call(("weather", '{"city": "Roma"}')), "I cannot."], tools=[weather], reflect_on_tool_use=True
    )
    asyncio.run(guide.run(task="Sunny?"))
    assert (
        check(recorded)
        == """\
session default
  agent guide
    llm gpt-4o-mini
    tool weather [error LookupError]
    llm gpt-4o-mini"""
    )
    [tool] = recorded.find("tool")
    assert tool.error is not None
    assert tool.error.message == "no such city: Roma"
    assert "in weather" in (tool.error.stack or "")


def test_arguments_that_do_not_fit_fail_the_tool(recorded: Recording) -> None:
    """They are recorded as the model gave them."""
    asyncio.run(agent("clerk", [call(("add", '{"a": "one", "b": 2}'))], tools=[add]).run(task="Add."))
    assert check(recorded).splitlines()[3:] == ["    tool add [error pydantic_core._pydantic_core.ValidationError]"]
    assert recorded.find("tool")[0].input == {"a": "one", "b": 2}


@pytest.mark.parametrize("streams", [False, True])
def test_calls_that_never_reach_a_tool_are_shown(recorded: Recording, streams: bool) -> None:
    """A tool that does not exist, and arguments that are no JSON: AutoGen answers both with a text."""
    wrong = call(("ad", '{"a": 1}'), ("add", "{broken"))
    clerk = agent("clerk", [wrong, "Sorry."], tools=[add], reflect_on_tool_use=True, model_client_stream=streams)
    asyncio.run(clerk.run(task="Add."))
    assert check(recorded).splitlines()[2:] == [
        "    llm gpt-4o-mini",
        "    tool ad",
        "    tool add",
        "    llm gpt-4o-mini",
    ]
    unknown, broken = recorded.find("tool")
    assert unknown.attributes[Attr.SWALLOWED_ERROR] == "Error: tool 'ad' not found in any workbench"
    assert unknown.input == '{"a": 1}'
    assert str(broken.attributes[Attr.SWALLOWED_ERROR]).startswith("Error: Expecting property name")


def test_a_renamed_tool_that_fails_is_one_node(recorded: Recording) -> None:
    """A workbench may give a tool another name for the model; the node has the tool's own."""
    tool = FunctionTool(add, description="Add two numbers.")
    workbench = StaticWorkbench([tool], tool_overrides={"add": ToolOverride(name="plus")})
    clerk = agent("clerk", [call(("plus", '{"a": "one", "b": 2}'))], workbench=workbench)
    asyncio.run(clerk.run(task="Add."))
    assert check(recorded).splitlines()[3:] == ["    tool add [error pydantic_core._pydantic_core.ValidationError]"]


def test_a_tool_runs_without_an_agent(recorded: Recording) -> None:
    """A user's own loop may call tools itself; subclasses are no exception."""

    class Doubled(FunctionTool):
        async def run_json(self, args: Mapping[str, Any], *rest: Any, **kwargs: Any) -> Any:
            return 2 * await super().run_json(args, *rest, **kwargs)

    tool = Doubled(add, description="Add two numbers, twice.")
    assert asyncio.run(tool.run_json({"a": 1, "b": 2}, CancellationToken())) == 6
    assert check(recorded) == "session default\n  tool add"
    assert recorded.find("tool")[0].output == 6


class Settings(BaseModel):
    """None."""


class Remote(Workbench, Component[Settings]):
    """A workbench whose tools are elsewhere, as an MCP server's are."""

    component_config_schema = Settings

    async def list_tools(self) -> list[ToolSchema]:
        return [ToolSchema(name=name, description="") for name in ("search", "fail")]

    async def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
        call_id: str | None = None,
    ) -> ToolResult:
        if name == "fail":
            return ToolResult(name=name, result=[TextResultContent(content="quota exceeded")], is_error=True)
        return ToolResult(name=name, result=[TextResultContent(content=look_up(str((arguments or {})["city"])))])

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def reset(self) -> None:
        """Nothing to reset."""

    async def save_state(self) -> Mapping[str, Any]:
        return {}

    async def load_state(self, state: Mapping[str, Any]) -> None:
        """Nothing to load."""


def test_a_workbench_that_holds_no_tools(recorded: Recording) -> None:
    """Its calls are tools by their names; an error that it returns does not fail the run."""
    calls = call(("search", '{"city": "Rome"}'), ("fail", "{}"))
    asyncio.run(agent("guide", [calls], workbench=Remote()).run(task="Sunny?"))
    assert (
        check(recorded)
        == """\
session default
  agent guide
    llm gpt-4o-mini
    tool search
      operation look_up
    tool fail"""
    )
    search, fail = recorded.find("tool")
    assert (search.input, search.output) == ({"city": "Rome"}, "Sunny in Rome.")
    assert fail.status == "ok"
    assert fail.attributes[Attr.SWALLOWED_ERROR] == "quota exceeded"


unsafe = pytest.mark.filterwarnings(
    "ignore:Using LocalCommandLineCodeExecutor:UserWarning", "ignore:No approval function set:UserWarning"
)


@unsafe
def test_code_that_an_agent_runs(recorded: Recording, tmp_path: Path) -> None:
    """The executor's run is a tool of the agent's: the code, what it printed, and how it ended."""
    coder = CodeExecutorAgent("coder", LocalCommandLineCodeExecutor(work_dir=tmp_path), sources=["user"])
    asyncio.run(coder.run(task="```python\nraise SystemExit(3)\n```"))
    assert check(recorded) == "session default\n  agent coder\n    tool LocalCommandLineCodeExecutor"
    [tool] = recorded.find("tool")
    assert tool.input == {"code_blocks": [{"language": "python", "code": "raise SystemExit(3)\n"}]}
    assert tool.output == {"exit_code": 3, "output": ""}
    assert str(tool.attributes[Attr.SWALLOWED_ERROR]).startswith("exit code 3")


@unsafe
@pytest.mark.skipif(
    "approval_func" not in inspect.signature(CodeExecutorAgent.__init__).parameters,
    reason="approval functions came with autogen-agentchat 0.7",
)
@pytest.mark.parametrize("is_async", [False, True])
def test_who_is_asked_before_code_runs(recorded: Recording, tmp_path: Path, is_async: bool) -> None:
    """The wait for an approval is a human node, with the code in question and the answer."""

    def ask_the_boss(request: Any) -> Any:
        from autogen_agentchat.agents import ApprovalResponse

        return ApprovalResponse(approved=False, reason="Not on a Friday.")

    async def ask_the_team(request: Any) -> Any:
        await asyncio.sleep(0)
        return ask_the_boss(request)

    ask = ask_the_team if is_async else ask_the_boss
    executor = LocalCommandLineCodeExecutor(work_dir=tmp_path)
    coder = CodeExecutorAgent("coder", executor, sources=["user"], approval_func=ask)
    result = asyncio.run(coder.run(task="```sh\nls\n```"))
    assert "Not on a Friday." in result.messages[-1].to_text()
    assert check(recorded) == f"session default\n  agent coder\n    human {ask.__name__}"
    [human] = recorded.find("human")
    assert human.input == "```sh\nls\n\n```"
    assert human.output == {"approved": False, "reason": "Not on a Friday."}
    assert coder._approval_func is ask


def test_what_an_agent_remembers(recorded: Recording) -> None:
    """What a memory adds to an agent's context is a node before the model call that reads it."""
    memory = ListMemory("facts")

    async def run() -> None:
        await memory.add(MemoryContent(content="It is 3.", mime_type=MemoryMimeType.TEXT))
        await agent("clerk", memory=[memory]).run(task="What is 1 + 2?")

    asyncio.run(run())
    assert (
        check(recorded)
        == """\
session default
  memory ListMemory.add
  agent clerk
    memory ListMemory.update_context
    llm gpt-4o-mini"""
    )
    added, recalled = recorded.find("memory")
    assert added.input["content"] == "It is 3."  # type: ignore[index]
    assert [item["content"] for item in recalled.output] == ["It is 3."]  # type: ignore[attr-defined]
