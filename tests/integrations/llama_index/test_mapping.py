"""The trees of LlamaIndex's agents, whole, and what stands in their spans."""

import asyncio
import textwrap
from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.tools import FunctionTool, ToolOutput
from llama_index.core.workflow import Context

import agentops
from agentops.testing import Recording
from agentops_llama_index import demo
from agentops_llama_index.scripted import Answer, ScriptedLLM
from tests.house import ROOT
from tests.integrations.llama_index.agents_under_test import ASKED, ask, calculator, check, fail

WHOLE = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool add
    llm gpt-4o-mini"""


def handing_over(to: str, *more: Answer | str, name: str = "asker", **options: Any) -> FunctionAgent:
    """An agent that hands over to another one."""
    handoff = Answer(calls=[("handoff", {"to_agent": to, "reason": "sums"})], input_tokens=50, output_tokens=9)
    return FunctionAgent(name=name, description="Asks.", llm=ScriptedLLM("gpt-4o", [handoff, *more]), **options)


def test_what_was_said_is_on_the_span_of_the_call(recorded: Recording) -> None:
    """Messages, tools, finish reason and tokens are on the llm span, question and answer on the agent's."""
    assert asyncio.run(ask(calculator())) == "It is 5."
    assert check(recorded) == WHOLE
    agent, first, tool, last = recorded.spans[1:]
    assert (agent.input, agent.output) == (ASKED, "It is 5.")
    assert agent.attributes["gen_ai.system_instructions"] == [{"type": "text", "content": "Do the sums."}]
    assert not [name for name in agent.attributes if "usage" in name], "tokens have one owner"
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 130]
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in (first, last)] == [16, 8]
    assert first.attributes["gen_ai.response.finish_reasons"] == ("tool_calls",)
    assert first.attributes["gen_ai.request.model"] == first.attributes["gen_ai.response.model"] == "gpt-4o-mini"
    assert first.attributes["gen_ai.request.stream"] is True
    (offered,) = first.attributes["gen_ai.tool.definitions"]  # type: ignore[misc]
    assert offered["function"]["name"] == "add"
    told = {"role": "system", "parts": [{"type": "text", "content": "Do the sums."}]}
    asked = {"role": "user", "parts": [{"type": "text", "content": ASKED}]}
    call = {"type": "tool_call", "id": "call_1_1", "name": "add", "arguments": {"a": 2, "b": 3}}
    called = {"role": "assistant", "parts": [call]}
    returned = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1_1", "response": "5"}]}
    said = {"role": "assistant", "parts": [{"type": "text", "content": "It is 5."}], "finish_reason": "stop"}
    assert (first.input, first.output) == ([told, asked], [{**called, "finish_reason": "tool_calls"}])
    assert (last.input, last.output) == ([told, asked, called, returned], [said])
    assert (tool.input, tool.output) == ({"a": 2, "b": 3}, 5)
    assert tool.attributes["gen_ai.tool.call.id"] == "call_1_1"


def test_the_demo_is_what_the_page_shows(recorded: Recording) -> None:
    """Two agents of which one hands over, an index as a tool, a tool that fails, and another agent at the same time."""
    assert "T-204" in asyncio.run(demo.run())
    shown = textwrap.indent(check(recorded).replace("session default", "session museum desk"), "    ")
    assert shown in (ROOT / "docs" / "integrations" / "llama-index.md").read_text()


def test_a_handoff_ends_the_turn_of_an_agent(recorded: Recording) -> None:
    """Agents of a team stand side by side, each with its own calls, as they were named."""
    team = AgentWorkflow(agents=[handing_over("calculator"), calculator()], root_agent="asker")
    assert asyncio.run(ask(team)) == "It is 5."
    assert check(recorded) == (
        "session default\n"
        "  workflow AgentWorkflow\n"
        "    agent asker\n"
        "      llm gpt-4o\n"
        "      handoff calculator\n"
        "    agent calculator\n"
        "      llm gpt-4o-mini\n"
        "      tool add\n"
        "      llm gpt-4o-mini"
    )
    (handoff,) = recorded.find("handoff")
    assert handoff.attributes["agentops.handoff.from"] == "asker"
    assert handoff.attributes["agentops.handoff.to"] == "calculator"
    (team_span,) = recorded.find("workflow")
    assert (team_span.input, team_span.output) == (ASKED, "It is 5.")
    assert [(agent.input, agent.output) for agent in recorded.find("agent")] == [(ASKED, None), (ASKED, "It is 5.")]
    tokens = [span.attributes["gen_ai.usage.input_tokens"] for span in recorded.find("llm")]
    assert tokens == [50, 90, 130]


def test_a_handoff_that_is_refused_is_none(recorded: Recording) -> None:
    """An agent that may not hand over goes on with its turn; what it was told is on the tool."""
    refused = handing_over("nobody", "I must do it myself.")
    team = AgentWorkflow(agents=[refused, calculator()], root_agent="asker")
    assert asyncio.run(ask(team)) == "I must do it myself."
    assert check(recorded) == (
        "session default\n"
        "  workflow AgentWorkflow\n"
        "    agent asker\n"
        "      llm gpt-4o\n"
        "      tool handoff\n"
        "      llm gpt-4o"
    )
    (tool,) = recorded.find("tool")
    assert str(tool.attributes["agentops.span.swallowed_error"]).startswith("Agent nobody not found.")


def test_an_agent_that_works_again_takes_another_turn(recorded: Recording) -> None:
    """There and back is three turns."""
    back = Answer(calls=[("handoff", {"to_agent": "asker", "reason": "done"})])
    helper = FunctionAgent(name="helper", description="Helps.", llm=ScriptedLLM("gpt-4o-mini", [back]))
    team = AgentWorkflow(agents=[handing_over("helper", "Thank you."), helper], root_agent="asker")
    assert asyncio.run(ask(team)) == "Thank you."
    check(recorded)
    assert [agent.name for agent in recorded.find("agent")] == ["asker", "helper", "asker"]


def test_a_react_agent_has_the_same_tree(recorded: Recording) -> None:
    """An agent that asks for tools in words."""
    script = [
        Answer(text='Thought: I need a tool.\nAction: add\nAction Input: {"a": 2, "b": 3}', input_tokens=90),
        Answer(text="Thought: I can answer.\nAnswer: It is 5.", input_tokens=130),
    ]
    agent = ReActAgent(name="calculator", tools=[demo_add], llm=ScriptedLLM("gpt-4o-mini", script))
    assert asyncio.run(ask(agent)) == "It is 5."
    assert check(recorded) == WHOLE
    assert recorded.find("tool")[0].input == {"a": 2, "b": 3}


demo_add = FunctionTool.from_defaults(lambda a, b: int(a) + int(b), name="add", description="Add two numbers.")


def test_a_tool_that_raises_keeps_its_error(recorded: Recording) -> None:
    """The framework hands it to the model as a text; the tool's span has type, message and stack."""
    asyncio.run(ask(calculator(fail)))
    assert check(recorded) == WHOLE.replace("tool add", "tool fail [error ZeroDivisionError]")
    (tool,) = recorded.find("tool")
    assert tool.error is not None
    assert tool.error.message == "no result today"
    assert "in fail" in str(tool.error.stack)


def test_a_tool_that_returns_an_error_is_marked(recorded: Recording) -> None:
    """Its status stays as it is."""

    class Moody(FunctionTool):
        async def acall(self, *args: Any, **kwargs: Any) -> ToolOutput:
            return ToolOutput(tool_name="add", content="not today", raw_input=kwargs, raw_output=None, is_error=True)

    tool = Moody.from_defaults(lambda a, b: a + b, name="add", description="Add.")
    agent = calculator()
    agent.tools = [tool]
    asyncio.run(ask(agent))
    assert check(recorded) == WHOLE
    assert recorded.find("tool")[0].attributes["agentops.span.swallowed_error"] == "not today"


def test_what_a_tool_records_is_below_it(recorded: Recording) -> None:
    """A decorated function in a tool, which LlamaIndex runs in a thread, and a model call in that."""
    inner = ScriptedLLM("gpt-4o", ["5"])

    @agentops.operation
    def look_up() -> str:
        return str(inner.complete("2 + 3 ="))

    def find(a: int, b: int) -> str:
        """Find a sum."""
        return look_up()

    asyncio.run(ask(calculator(find)))
    assert check(recorded) == WHOLE.replace("tool add", "tool find\n      operation look_up\n        llm gpt-4o")


def test_an_agent_in_a_tool_is_below_it(recorded: Recording) -> None:
    """An agent that another one runs, with the context that the tool is handed."""

    async def delegate(ctx: Context, a: int, b: int) -> str:
        """Have it done."""
        return await ask(calculator())

    asyncio.run(ask(calculator(delegate, ScriptedLLM("gpt-4o", [Answer(calls=[("delegate", {"a": 2, "b": 3})]), "5"]))))
    below = textwrap.indent(WHOLE.partition("\n")[2], "    ")
    assert check(recorded) == (
        f"session default\n  agent calculator\n    llm gpt-4o\n    tool delegate\n{below}\n    llm gpt-4o"
    )
    assert recorded.find("tool")[0].input == {"a": 2, "b": 3}


def test_tools_at_the_same_time_are_side_by_side(recorded: Recording) -> None:
    """Two calls of one answer, each with its own id."""
    calls = Answer(calls=[("add", {"a": 1, "b": 2}), ("add", {"a": 3, "b": 4})])
    agent = calculator(model=ScriptedLLM("gpt-4o-mini", [calls, "3 and 7."]))
    asyncio.run(ask(agent))
    assert check(recorded) == WHOLE.replace("    tool add", "    tool add\n    tool add")
    assert [span.attributes["gen_ai.tool.call.id"] for span in recorded.find("tool")] == ["call_1_1", "call_1_2"]
    assert [span.output for span in recorded.find("tool")] == [3, 7]


def test_two_runs_of_one_caller_do_not_mix(recorded: Recording) -> None:
    """Runs that a program starts one after the other, and awaits later, are siblings."""

    async def both() -> None:
        first, second = calculator().run(user_msg=ASKED), calculator().run(user_msg=ASKED)
        await second
        await first
        await calculator().run(user_msg=ASKED)

    asyncio.run(both())
    outline = check(recorded).partition("\n")[2]
    assert outline == "\n".join([WHOLE.partition("\n")[2]] * 3)


def test_two_sessions_at_once_do_not_mix(recorded: Recording) -> None:
    """Each run is in the session of its own task, also with a model that both share."""
    model = ScriptedLLM("gpt-4o-mini", ["Yes."] * 2)

    @agentops.session
    async def one() -> None:
        await ask(FunctionAgent(name="shared", llm=model))

    async def both() -> None:
        await asyncio.gather(one(), one())

    asyncio.run(both())
    check(recorded)
    outlines = [recorded.outline(session).partition("\n")[2] for session in recorded.sessions]
    assert outlines == ["  agent shared\n    llm gpt-4o-mini"] * 2


def test_a_session_in_a_tool_is_its_own(recorded: Recording) -> None:
    """A model call in a session that a tool opens belongs to that session, not to the tool's."""

    @agentops.session(name="inner")
    async def aside() -> str:
        return str(await ScriptedLLM("gpt-4o", ["5"]).acomplete("2 + 3 ="))

    async def find(a: int, b: int) -> str:
        """Find a sum."""
        return await aside()

    asyncio.run(ask(calculator(find)))
    check(recorded)
    outlines = {session.name: recorded.outline(session) for session in recorded.sessions}
    assert outlines["inner"] == "session inner\n  llm gpt-4o"
    assert "llm gpt-4o\n" not in outlines["default"]


def test_a_failing_model_fails_its_agent(recorded: Recording) -> None:
    """The exception is on the model's, the agent's and the team's span; its stack is where it was first seen."""
    broken = FunctionAgent(name="broken", llm=ScriptedLLM("gpt-4o", [ConnectionError("down")]))
    with pytest.raises(Exception, match="down"):
        asyncio.run(ask(AgentWorkflow(agents=[broken])))
    assert check(recorded) == (
        "session default\n"
        "  workflow AgentWorkflow [error ConnectionError]\n"
        "    agent broken [error ConnectionError]\n"
        "      llm gpt-4o [error ConnectionError]"
    )
    (call,) = recorded.find("llm")
    assert call.error is not None
    assert "in _next" in str(call.error.stack)
