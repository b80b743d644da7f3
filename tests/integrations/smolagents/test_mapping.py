"""The trees of smolagents, whole, and what stands in their spans."""

import asyncio
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image
from smolagents import Tool, ToolCallingAgent, tool
from smolagents.agent_types import AgentImage
from smolagents.agents import MultiStepAgent
from smolagents.local_python_executor import CodeOutput, PythonExecutor
from smolagents.memory import ActionStep, PlanningStep
from smolagents.monitoring import Timing
from smolagents.utils import AgentError

import agentops
from agentops.testing import Recording
from agentops_smolagents import demo
from agentops_smolagents.messages import plain
from agentops_smolagents.scripted import Answer, ScriptedModel, code
from tests.house import ROOT
from tests.integrations.smolagents.agents_under_test import (
    ASKED,
    QUIET,
    add,
    calculator,
    calls,
    check,
    coder,
    fail,
)

CALLED = """\
session default
  agent calculator
    operation step 1
      llm gpt-4o-mini
      tool add
    operation step 2
      llm gpt-4o-mini
      tool final_answer"""
CODED = """\
session default
  agent coder
    operation step 1
      llm gpt-4o-mini
      tool python_interpreter
        tool add
    operation step 2
      llm gpt-4o-mini
      tool python_interpreter
        tool final_answer"""
LAST_STEP = CODED[CODED.index("\n    operation step 2") :]
ERRORS = "smolagents.utils."


@agentops.operation
def look() -> None:
    """Something that the program records itself."""


def test_what_was_said_is_on_the_span_of_the_call(recorded: Recording) -> None:
    """Messages, offered tools and tokens are on the llm span, task and answer on the agent's, ids on the tool's."""
    assert calculator(instructions="Do the sums.").run(ASKED) == "It is 5."
    assert check(recorded) == CALLED
    agent, step, first, tool, _, last, answer = recorded.spans[1:]
    assert (agent.input, agent.output) == (ASKED, "It is 5.")
    assert agent.attributes["gen_ai.system_instructions"] == [{"type": "text", "content": "Do the sums."}]
    assert not [name for name in agent.attributes if "usage" in name], "tokens have one owner"
    assert step.output == "5"
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 130]
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in (first, last)] == [16, 8]
    offered = first.attributes["gen_ai.tool.definitions"]
    assert [item["function"]["name"] for item in offered] == ["add", "final_answer"]
    asked = {"role": "user", "parts": [{"type": "text", "content": f"New task:\n{ASKED}"}]}
    call = {"type": "tool_call", "id": "call_1_1", "name": "add", "arguments": {"a": 2, "b": 3}}
    assert [last.input[place]["role"] for place in (0, 1, 2, -1)] == ["system", "user", "assistant", "tool"]
    assert first.input[1:] == [asked]
    assert first.output == [{"role": "assistant", "parts": [call]}]
    assert last.input[-1]["parts"] == [{"type": "text", "content": "Observation:\n5"}]
    assert (tool.input, tool.output) == ({"a": 2, "b": 3}, 5)
    assert tool.attributes["gen_ai.tool.description"] == "Add two numbers."
    assert [span.attributes["gen_ai.tool.call.id"] for span in (tool, answer)] == ["call_1_1", "call_2_1"]


def test_tools_that_code_calls_are_below_the_code(recorded: Recording) -> None:
    """The code with what it printed and gave; since smolagents 1.24 it runs in a thread of its own."""
    assert coder().run(ASKED) == "It is 5."
    assert check(recorded) == CODED
    first, second = recorded.find("tool", "python_interpreter")
    assert first.input == {"code": "total = add(2, b=3)\nprint(total)"}
    assert first.output == {"output": None, "logs": "5\n"}
    assert second.output == {"output": "It is 5.", "logs": ""}
    assert first.attributes["gen_ai.tool.call.id"] == "call_1"
    (tool,) = recorded.find("tool", "add")
    assert (tool.input, tool.output) == ({"a": 2, "b": 3}, 5)
    assert recorded.find("operation")[0].output.startswith("Execution logs:\n5\n")


def test_an_executor_of_the_programs_own(recorded: Recording) -> None:
    """The code, what came of it, and what was printed, wherever it runs; tools that run elsewhere are not seen."""

    class Elsewhere(PythonExecutor):
        def send_variables(self, variables: dict[str, Any]) -> None:
            """They stay here."""

        def send_tools(self, tools: dict[str, Any]) -> None:
            """They stay here."""

        def __call__(self, code_action: str) -> CodeOutput:
            return CodeOutput(output=5, logs="added\n", is_final_answer=True)

    agent = coder([code("final_answer(add(2, 3))")])
    agent.python_executor = Elsewhere()
    assert agent.run(ASKED) == 5
    assert check(recorded) == CODED.replace(LAST_STEP, "").replace("\n        tool add", "")
    (run,) = recorded.find("tool")
    assert (run.input, run.output) == ({"code": "final_answer(add(2, 3))"}, {"output": 5, "logs": "added\n"})


def test_the_demo_is_what_the_page_shows(recorded: Recording) -> None:
    """A plan, an agent that is managed, code that fails, an answer that is refused, and one that is not."""
    assert demo.run().startswith("Order B-318")
    shown = textwrap.indent(check(recorded).replace("session default", "session bakery desk"), "    ")
    assert shown in (ROOT / "docs" / "integrations" / "smolagents.md").read_text()


@pytest.mark.parametrize("carries_threads", [True, False])
def test_parallel_tool_calls_have_their_own_ids(recorded: Recording, carries_threads: bool) -> None:
    """Each is in the step that asked for it, with the right id, also where nothing carries the context along."""
    if not carries_threads:
        agentops.disable("threads")
    together = threading.Barrier(3, timeout=20)

    @tool
    def wait(number: int) -> int:
        """Wait for the others.

        Args:
            number: Which one it is.
        """
        together.wait()
        return number

    agent = calculator(wait, calls(*[("wait", {"number": number}) for number in (1, 2, 1)]))
    agent.run(ASKED)
    assert check(recorded) == CALLED.replace("      tool add", "\n".join(["      tool wait"] * 3))
    ids = {span.attributes["gen_ai.tool.call.id"]: span.output for span in recorded.find("tool", "wait")}
    assert ids == {"call_1_1": 1, "call_1_2": 2, "call_1_3": 1}


def test_a_tool_that_raises_keeps_its_error(recorded: Recording) -> None:
    """smolagents tells the model of it in other words, which are the step's error; the run goes on."""
    assert calculator(fail).run(ASKED) == "It is 5."
    assert check(recorded) == CALLED.replace("tool add", "tool fail [error ZeroDivisionError]").replace(
        "step 1", f"step 1 [error {ERRORS}AgentToolExecutionError]"
    )
    (tool,) = recorded.find("tool", "fail")
    assert tool.error is not None
    assert tool.error.message == "no result today"
    assert "in fail" in str(tool.error.stack)


@pytest.mark.parametrize(
    ("asked", "error"),
    [(("nobody", {}), "AgentToolExecutionError"), (("add", {"a": 2}), "AgentToolCallError")],
    ids=["unknown", "wrong arguments"],
)
def test_a_call_that_cannot_be_made_is_there(
    recorded: Recording, asked: tuple[str, dict[str, Any]], error: str
) -> None:
    """A tool that does not exist, or arguments that it does not take: the tool is never run, and the model is told."""
    calculator(script=calls(asked)).run(ASKED)
    assert check(recorded) == CALLED.replace("tool add", f"tool {asked[0]} [error {ERRORS}{error}]").replace(
        "step 1", f"step 1 [error {ERRORS}{error}]"
    )
    assert recorded.find("tool")[0].input == asked[1]


def test_code_that_fails_fails_its_step(recorded: Recording) -> None:
    """An answer without code, a tool that raises in code, an import that is not allowed: the agent goes on."""
    script = ["I do not know.", code("fail(2, 3)"), code("import os"), code("final_answer(5)")]
    assert coder(script, [fail]).run(ASKED) == 5
    interpreter = "tool python_interpreter [error smolagents.local_python_executor.InterpreterError]"
    assert (
        check(recorded)
        == f"""\
session default
  agent coder
    operation step 1 [error {ERRORS}AgentParsingError]
      llm gpt-4o-mini
    operation step 2 [error {ERRORS}AgentExecutionError]
      llm gpt-4o-mini
      {interpreter}
        tool fail [error ZeroDivisionError]
    operation step 3 [error {ERRORS}AgentExecutionError]
      llm gpt-4o-mini
      {interpreter}{LAST_STEP.replace("step 2", "step 4")}"""
    )


def test_an_agent_that_is_managed_is_below_the_call(recorded: Recording) -> None:
    """Called in code or asked for by name: a tool of the one that manages it, with the run below."""
    for manager in ("coder", "calculator"):
        adder = calculator(description="Adds.")
        adder.name = "adder"
        if manager == "coder":
            script = [code("print(adder('Add 2 and 3.', additional_args={}))"), code("final_answer(5)")]
            coder(script, managed_agents=[adder]).run(ASKED)
        else:
            calculator(
                script=calls(("adder", {"task": "Add 2 and 3.", "additional_args": {}})), managed_agents=[adder]
            ).run(ASKED)
    below = textwrap.dedent(CALLED.partition("\n")[2].replace("calculator", "adder"))
    outlines = [
        tree.replace(f"{margin}tool add", textwrap.indent(f"tool adder\n{textwrap.indent(below, '  ')}", margin))
        for tree, margin in ((CODED, " " * 8), (CALLED, " " * 6))
    ]
    assert check(recorded) == f"{outlines[0]}\n{outlines[1].partition(chr(10))[2]}"
    for delegation in recorded.find("tool", "adder"):
        assert delegation.input == {"task": "Add 2 and 3.", "additional_args": {}}
        assert str(delegation.output).endswith("It is 5.")
        assert delegation.attributes["gen_ai.tool.description"] == "Adds."
    assert "Add 2 and 3." in str(recorded.find("agent", "adder")[0].input)


def test_planning_is_a_step_of_its_own(recorded: Recording) -> None:
    """The first plan and those that follow, streamed or not."""
    for stream_outputs in (False, True):
        script = ["Add them.", code("total = add(2, 3)"), "Say it.", code("final_answer(total)")]
        coder(script, planning_interval=1, stream_outputs=stream_outputs).run(ASKED)
    planning = "    operation planning\n      llm gpt-4o-mini\n"
    one = CODED.replace("    operation step", f"{planning}    operation step")
    assert check(recorded) == f"{one}\n{one.partition(chr(10))[2]}"
    plans = [span.output for span in recorded.find("operation", "planning")]
    assert ["Add them." in plan for plan in plans] == [True, False, True, False]


def test_a_final_answer_is_checked(recorded: Recording) -> None:
    """Checks are a guardrail; a refusal is the error of the step, and what a check records is below it."""

    def is_five(answer: Any, *_: Any, **__: Any) -> bool:
        look()
        return bool(answer == 5)

    coder([code("final_answer(4)"), code("final_answer(5)")], final_answer_checks=[is_five]).run(ASKED)
    guardrail = "\n      guardrail final_answer_checks{}\n        operation look"
    assert check(recorded) == (
        f"session default\n  agent coder{LAST_STEP.replace('step 2', f'step 1 [error {ERRORS}AgentError]')}"
        f"{guardrail.format(f' [error {ERRORS}AgentError]')}{LAST_STEP}{guardrail.format('')}"
    )
    assert [span.input for span in recorded.find("guardrail")] == [4, 5]


def test_the_last_answer_says_that_there_were_no_steps_left(recorded: Recording) -> None:
    """The run returns it, as smolagents does, with the state of the run in the full result."""
    result = coder([code("total = add(2, 3)"), "Perhaps 5."], max_steps=1, return_full_result=True).run(ASKED)
    assert (result.output, result.state) == ("Perhaps 5.", "max_steps_error")
    assert check(recorded) == CODED.replace(
        LAST_STEP, f"\n    operation final answer [error {ERRORS}AgentMaxStepsError]\n      llm gpt-4o-mini"
    )
    assert recorded.find("agent")[0].output == "Perhaps 5."


def test_an_interrupted_run_is_cancelled(recorded: Recording) -> None:
    """By the agent's own ``interrupt``; the exception is smolagents'."""
    agent = coder(step_callbacks=[lambda step, agent: agent.interrupt()])
    with pytest.raises(AgentError, match="interrupted"):
        agent.run(ASKED)
    assert check(recorded) == CODED.replace(LAST_STEP, "").replace("coder", f"coder [cancelled {ERRORS}AgentError]")


def test_ctrl_c_in_a_tool_cancels_what_is_under_way(recorded: Recording) -> None:
    """The exception reaches the caller as the same object."""
    pressed = KeyboardInterrupt()

    @tool
    def press(a: int, b: int) -> int:
        """Press it.

        Args:
            a: A number.
            b: A number.
        """
        raise pressed

    with pytest.raises(KeyboardInterrupt) as raised:
        calculator(press).run(ASKED)
    assert raised.value is pressed
    cancelled = "[cancelled KeyboardInterrupt]"
    assert (
        check(recorded)
        == f"""\
session default
  agent calculator {cancelled}
    operation step 1 {cancelled}
      llm gpt-4o-mini
      tool press {cancelled}"""
    )


def test_a_stream_leaves_nothing_current_in_the_consumers_loop(recorded: Recording) -> None:
    """What the loop's body records is beside the agent; pieces, steps and answer come as without us."""
    kinds: list[str] = []
    for item in coder(stream_outputs=True).run(ASKED, stream=True):
        assert agentops.current_span() is None
        kinds.append(type(item).__name__)
    assert check(recorded) == CODED
    assert kinds[0] == "ChatMessageStreamDelta"
    assert kinds[-3:] == ["ActionOutput", "ActionStep", "FinalAnswerStep"]
    first, last = recorded.find("llm")
    assert all(span.attributes["gen_ai.response.time_to_first_chunk"] >= 0 for span in (first, last))
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, last)] == [90, 10]
    assert first.output[0]["parts"][0]["content"].endswith("</code>")
    assert recorded.find("agent")[0].output == "It is 5."


def test_a_stream_that_is_read_from_many_threads(recorded: Recording) -> None:
    """A web server reads each item in a thread of its own; the tree is the same."""
    run = coder(stream_outputs=True).run(ASKED, stream=True)
    ended = object()
    while True:
        with ThreadPoolExecutor(1) as pool:
            if pool.submit(next, run, ended).result() is ended:
                break
    assert check(recorded) == CODED


def test_a_run_that_nobody_reads_on_ends(recorded: Recording) -> None:
    """smolagents does not let its runs be closed in a step: the error is its own, and every span ends."""
    run = coder().run(ASKED, stream=True)
    next(run)
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        run.close()
    assert check(recorded) == "session default\n  agent coder\n    operation step 1\n      llm gpt-4o-mini"
    agent, step = recorded.find("agent")[0], recorded.find("operation")[0]
    assert [span.attributes["agentops.span.closed_early"] for span in (agent, step)] == [True, True]


def test_the_next_task_of_a_conversation_is_another_run(recorded: Recording) -> None:
    """With ``reset=False`` the model is told what was said before."""
    agent = coder([code("final_answer(3)"), code("final_answer(4)")])
    agent.run("1 + 2?")
    agent.run("And one more?", reset=False, additional_args={"step": 1})
    one = f"  agent coder{LAST_STEP.replace('step 2', 'step 1')}"
    assert check(recorded) == f"session default\n{one}\n{one}"
    asked = [span.input for span in recorded.find("agent")]
    assert asked == ["1 + 2?", {"task": "And one more?", "additional_args": {"step": 1}}]
    assert "1 + 2?" in str(recorded.find("llm")[1].input)


def test_a_picture_is_kept_as_its_size(recorded: Recording) -> None:
    """Given, asked for by its name in the agent's state, and returned; and no file is written to learn its name."""
    unsaved = AgentImage(Image.new("RGB", (4, 6)))
    assert plain({"pictures": unsaved}) == {"pictures": "[image, 4×6 pixels]"}
    assert unsaved._path is None

    @tool
    def halve(picture: Any) -> Any:
        """Halve a picture.

        Args:
            picture: Which.
        """
        return picture.resize((2, 3))

    script = [
        Answer(calls=[("halve", {"picture": "photo"})]),
        Answer(calls=[("final_answer", {"answer": "image.png"})]),
    ]
    photo = Image.new("RGB", (4, 6))
    calculator(halve, script).run(ASKED, images=[photo], additional_args={"photo": photo})
    check(recorded)
    agent, first = recorded.find("agent")[0], recorded.find("llm")[0]
    assert agent.input == {"task": ASKED, "additional_args": {"photo": "[image, 4×6 pixels]"}}
    assert agent.output == "[image, 2×3 pixels]"
    assert {"type": "text", "content": "[image, 4×6 pixels]"} in first.input[1]["parts"]
    halved = recorded.find("tool", "halve")[0]
    assert (halved.input, halved.output) == ({"picture": "[image, 4×6 pixels]"}, "[image, 2×3 pixels]")


def test_a_step_that_is_made_by_hand(recorded: Recording) -> None:
    """``step`` runs one without a run around it."""
    calculator().step(ActionStep(step_number=1, timing=Timing(start_time=0.0)))
    assert check(recorded) == "session default\n  operation step 1\n    llm gpt-4o-mini\n    tool add"


def test_what_a_tool_records_is_below_it(recorded: Recording) -> None:
    """A decorated function in a tool, an agent in a tool, and a class of tools with a call of its own."""

    class Loud(Tool):
        name = "loud"
        description = "Shout."
        inputs = {"text": {"type": "string", "description": "What."}}  # noqa: RUF012 - as smolagents asks for
        output_type = "string"

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return super().__call__(*args, **kwargs)

        def forward(self, text: str) -> str:
            look()
            return str(coder([code("final_answer('LOUD')")]).run(text))

    calculator(Loud(), calls(("loud", {"text": "hello"}))).run(ASKED)
    run = textwrap.dedent(f"    agent coder{LAST_STEP.replace('step 2', 'step 1')}".replace("\n    ", "\n      "))
    below = "      tool loud\n" + textwrap.indent(f"operation look\n{run}", " " * 8)
    assert check(recorded) == CALLED.replace("      tool add", below)
    assert recorded.find("tool", "loud")[0].input == {"text": "hello"}


def test_a_subclass_that_hands_on_is_recorded_once(recorded: Recording) -> None:
    """Own classes of agents whose methods call those of smolagents."""

    class Own(ToolCallingAgent):
        def run(self, task: str, **options: Any) -> Any:  # type: ignore[override]
            return super().run(task, **options)

        def _step_stream(self, memory_step: ActionStep) -> Any:
            yield from super()._step_stream(memory_step)

        def execute_tool_call(self, tool_name: str, arguments: Any) -> Any:
            return super().execute_tool_call(tool_name, arguments)

        def _generate_planning_step(self, *args: Any, **kwargs: Any) -> Any:
            yield from super()._generate_planning_step(*args, **kwargs)

    model = ScriptedModel("gpt-4o-mini", ["Add them.", *calls(("add", {"a": 2, "b": 3}))])
    Own([add], model, name="calculator", planning_interval=9, **QUIET).run(ASKED)
    planning = "    operation planning\n      llm gpt-4o-mini\n"
    assert check(recorded) == CALLED.replace("    operation step 1", f"{planning}    operation step 1")


def test_callbacks_are_the_programs_own(recorded: Recording) -> None:
    """They are called as without us, and what they record is in the run."""
    seen: list[str] = []

    def note(step: Any, agent: MultiStepAgent) -> None:
        look()
        seen.append(type(step).__name__)

    coder(
        ["Add.", code("final_answer(5)")], planning_interval=9, step_callbacks={PlanningStep: note, ActionStep: note}
    ).run(ASKED)
    assert seen == ["PlanningStep", "ActionStep"]
    assert check(recorded).count("\n    operation look") == 2


def test_runs_in_other_threads_are_in_their_sessions(recorded: Recording) -> None:
    """On threads of asyncio and of a pool, which is how programs run several at once."""

    async def both() -> None:
        await asyncio.gather(asyncio.to_thread(agentops.session(_run)), asyncio.to_thread(agentops.session(_run)))

    asyncio.run(both())
    with ThreadPoolExecutor(1) as pool, agentops.start_session("pool"):
        pool.submit(_run).result()
    check(recorded)
    outlines = {recorded.outline(session).partition("\n")[2] for session in recorded.sessions}
    assert len(recorded.sessions) == 3
    assert outlines == {CODED.partition("\n")[2]}


def _run() -> None:
    coder().run(ASKED)
