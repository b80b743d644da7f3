"""The trees of CrewAI, whole, and what stands in their spans."""

import asyncio
import builtins
import functools
import threading
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from crewai import BaseLLM, Crew, Process
from crewai.events import crewai_event_bus
from crewai.events.types.a2a_events import A2ADelegationCompletedEvent, A2ADelegationStartedEvent
from crewai.events.types.crew_events import CrewTrainCompletedEvent, CrewTrainStartedEvent
from crewai.events.types.mcp_events import (
    MCPConnectionFailedEvent,
    MCPConnectionStartedEvent,
    MCPToolExecutionCompletedEvent,
    MCPToolExecutionStartedEvent,
)
from crewai.events.types.tool_usage_events import ToolUsageFinishedEvent, ToolUsageStartedEvent
from crewai.flow.async_feedback.types import HumanFeedbackPending
from crewai.flow.flow import Flow, listen, router, start
from crewai.flow.human_feedback import human_feedback
from crewai.knowledge.source.string_knowledge_source import StringKnowledgeSource
from crewai.tools import tool
from crewai.tools.tool_failure import ToolFailure

import agentops
from agentops.sdk.guard import guard
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from agentops_crewai.runs import Runs
from tests.integrations.crewai.crews_under_test import (
    add,
    agent,
    broken,
    calculator,
    crew,
    llm,
    task,
    tool_results,
)
from tests.integrations.scripted_server import Reply

ONE_CREW = """\
session default
  workflow Sums
    task sum
      agent Calculator
        llm gpt-4o-mini
        tool add
        llm gpt-4o-mini"""


def plainly(body: dict[str, Any]) -> Reply:
    """Say the same, whatever is asked."""
    return Reply("A plain answer.")


def asking(name: str, **arguments: Any) -> Any:
    """Return a script that asks for one tool, and then answers."""

    def script(body: dict[str, Any]) -> Reply:
        names = {item["function"]["name"] for item in body.get("tools") or ()}
        if name in names and not tool_results(body):
            return Reply(calls=[(name, arguments)])
        return Reply("A plain answer.")

    return script


def stop(output: Any) -> None:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


def outline(recorded: Recording) -> str:
    """Return the tree below the session, after checking what is true of every tree."""
    recorded.runtime.finish()
    check_tree(recorded)
    return "\n".join(line[2:] for line in recorded.outline().splitlines()[1:])


def test_what_stands_in_the_spans(recorded: Recording, url: str) -> None:
    """Inputs, outputs, model, parameters, tokens by class, finish reasons and call ids stand where readers look."""
    calculator(url, temperature=0.2, seed=7).kickoff(inputs={"topic": "sums"})
    assert outline(recorded) == "\n".join(line[2:] for line in ONE_CREW.splitlines()[1:])
    first, second = recorded.find("llm")
    described = {name: value for name, value in second.attributes.items() if "messages" not in name}
    definitions = described.pop("gen_ai.tool.definitions")
    assert described == {
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stream": False,
        "gen_ai.request.stop_sequences": ("\nObservation:",),
        "gen_ai.response.id": "chatcmpl-2",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 200,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.cache_read.input_tokens": 64,
        "gen_ai.usage.reasoning.output_tokens": 3,
    }
    assert isinstance(definitions, list)
    assert definitions[0]["function"]["parameters"]["properties"]["a"] == {"title": "A", "type": "integer"}
    call = {"type": "tool_call", "id": "call_1_0", "name": "add", "arguments": {"a": 2, "b": 3}}
    assert first.output == [{"role": "assistant", "parts": [call], "finish_reason": "tool_calls"}]
    assert isinstance(second.input, list)
    assert [item["role"] for item in second.input] == ["system", "user", "assistant", "tool"]
    assert second.input[2]["parts"] == [call]
    assert second.input[3]["parts"] == [{"type": "tool_call_response", "id": "call_1_0", "response": "5"}]
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "The sum is 5."}], "finish_reason": "stop"}
    assert second.output == [answer]
    (tool_run,) = recorded.find("tool")
    assert tool_run.attributes == {
        "gen_ai.tool.call.arguments": {"a": 2, "b": 3},
        "gen_ai.tool.call.result": "5",
        "gen_ai.tool.call.id": "call_1_0",
        "gen_ai.tool.description": "Add two numbers.",
    }
    (agent_run,) = recorded.find("agent")
    assert agent_run.attributes["gen_ai.agent.description"] == "Be right"
    assert str(agent_run.input).startswith("Add two and three")
    assert agent_run.output == "The sum is 5."
    (task_run,) = recorded.find("task")
    assert task_run.input == {"description": "Add two and three", "expected_output": "A number"}
    (crew_run,) = recorded.find("workflow")
    assert (crew_run.input, crew_run.output) == ({"topic": "sums"}, "The sum is 5.")


def test_tokens_are_counted_once(recorded: Recording, url: str) -> None:
    """What the model reported stands on the model calls, and nowhere else."""
    result = calculator(url).kickoff()
    counted = [span.attributes.get("gen_ai.usage.input_tokens") for span in recorded.spans if span.kind != "llm"]
    assert set(counted) == {None}
    totals = [
        sum(int(str(span.attributes[f"gen_ai.usage.{name}"])) for span in recorded.find("llm"))
        for name in ("input_tokens", "output_tokens")
    ]
    assert totals == [320, 27] == [result.token_usage.prompt_tokens, result.token_usage.completion_tokens]


def test_sequential_tasks_hand_on_their_results(recorded: Recording, serve: Any) -> None:
    """Each task has its agent below it; a task without a name is called by what it asks for."""
    url = serve(plainly)
    tasks = [task("Research the sum of\nall fears", agent(url, "Researcher")), task("W" * 90, agent(url, "Writer\n"))]
    crew(tasks).kickoff()
    assert (
        outline(recorded)
        == f"""\
workflow Sums
  task Research the sum of
    agent Researcher
      llm gpt-4o-mini
  task {"W" * 79}…
    agent Writer
      llm gpt-4o-mini"""
    )
    assert recorded.find("task")[1].input["context"] == "A plain answer."  # type: ignore[index]


def test_hierarchical_crew_delegates(recorded: Recording, serve: Any) -> None:
    """The agent to whom the manager delegates works below the tool by which it was asked."""
    url = serve(asking("delegate_work_to_coworker", task="Add", context="2 and 3", coworker="Researcher"))
    workers = [agent(url, "Researcher"), agent(url, "Writer")]
    Crew(
        name="Sums", agents=workers, tasks=[task("Sum up")], process=Process.hierarchical, manager_llm=llm(url)
    ).kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums
  task Sum up
    agent Crew Manager
      llm gpt-4o-mini
      tool delegate_work_to_coworker
        agent Researcher
          llm gpt-4o-mini
      llm gpt-4o-mini"""
    )


@pytest.mark.parametrize("is_async", [False, True], ids=["kickoff", "akickoff"])
def test_tasks_at_once(recorded: Recording, serve: Any, is_async: bool) -> None:
    """Tasks that run at the same time stand side by side, each with what belongs to it."""
    url = serve(plainly)
    one, two = agent(url, "One"), agent(url, "Two")
    tasks = [
        task("First", one, name="first", async_execution=True),
        task("Second", two, name="second", async_execution=True),
        task("Third", one, name="third"),
    ]
    if is_async:
        asyncio.run(crew(tasks).akickoff())
    else:
        crew(tasks).kickoff()
    lines = outline(recorded).split("\n  task ")
    assert sorted(lines[1:]) == [
        "first\n    agent One\n      llm gpt-4o-mini",
        "second\n    agent Two\n      llm gpt-4o-mini",
        "third\n    agent One\n      llm gpt-4o-mini",
    ]


def test_tools_at_once_and_their_errors(recorded: Recording, serve: Any) -> None:
    """Tools that a model asks for in one answer run at once; one that raises is an error, and the agent goes on."""

    def script(body: dict[str, Any]) -> Reply:
        calls = [("add", {"a": 1, "b": 1}), ("broken", {"reason": "rust"}), ("add", {"a": 2, "b": 2})]
        return Reply("A plain answer.") if tool_results(body) else Reply(calls=calls)

    crew([task("Try", agent(serve(script), tools=[add, broken]), name="try")]).kickoff()
    assert sorted(outline(recorded).splitlines()) == sorted(
        """\
workflow Sums
  task try
    agent Calculator
      llm gpt-4o-mini
      tool add
      tool add
      tool broken [error ValueError]
      llm gpt-4o-mini""".splitlines()
    )
    (failed,) = recorded.find("tool", "broken")
    assert failed.error is not None
    assert failed.error.message == "broken: rust"
    assert 'raise ValueError(f"broken: {reason}")' in str(failed.error.stack)
    by_id = {span.attributes["gen_ai.tool.call.id"]: span.input for span in recorded.find("tool")}
    assert by_id == {"call_1_0": {"a": 1, "b": 1}, "call_1_1": {"reason": "rust"}, "call_1_2": {"a": 2, "b": 2}}


def test_tool_that_says_it_failed(recorded: Recording, serve: Any) -> None:
    """A failure that a tool reports instead of raising is marked as swallowed, and the tool's run is not an error."""

    @tool("post")
    def post(text: str) -> Any:
        """Post a text."""
        return ToolFailure(message="channel not found")

    crew([task("Try", agent(serve(asking("post", text="hi")), tools=[post]), name="try")]).kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums
  task try
    agent Calculator
      llm gpt-4o-mini
      tool post
      llm gpt-4o-mini"""
    )
    (run,) = recorded.find("tool")
    assert run.attributes["agentops.span.swallowed_error"] == "channel not found"


def test_order_of_the_bus_does_not_matter(recorded: Recording, url: str) -> None:
    """Listeners that are slow, or taken off the bus, as they are in tests of crews, change nothing in the tree."""
    with crewai_event_bus.scoped_handlers():

        @crewai_event_bus.on(ToolUsageStartedEvent)
        def slow(source: Any, event: Any) -> None:
            threading.Event().wait(0.1)

        calculator(url).kickoff()
    assert outline(recorded) == "\n".join(line[2:] for line in ONE_CREW.splitlines()[1:])


def test_failure_in_recording_is_not_told_to_the_model(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in us is neither the result of a tool nor seen by the model."""

    def broken(*args: Any) -> None:
        raise RuntimeError("recording is broken")

    monkeypatch.setattr(Runs, "_start", broken)
    with recording(is_loud=False):
        agentops.enable("crewai")
        try:
            assert str(calculator(url).kickoff()) == "The sum is 5."
            assert guard.state.failures, "the failure was meant to happen"
        finally:
            guard.state.forget()
            agentops.disable("crewai")


def test_model_that_fails(recorded: Recording, serve: Any) -> None:
    """A failing model call is one span with the client's own exception; CrewAI's retry is a second agent run."""
    url = serve(lambda body: Reply(status=400, error="no such model"))
    with pytest.raises(Exception, match="no such model"):
        crew([task("Try", agent(url, max_retry_limit=1), name="try")]).kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums [error openai.BadRequestError]
  task try [error openai.BadRequestError]
    agent Calculator [error openai.BadRequestError]
      llm gpt-4o-mini [error openai.BadRequestError]
    agent Calculator [error openai.BadRequestError]
      llm gpt-4o-mini [error openai.BadRequestError]"""
    )
    assert [span.attributes.get("agentops.span.attempt") for span in recorded.find("agent")] == [None, 2]
    errors = [span.error for span in recorded.find("llm")]
    assert all(error is not None and "no such model" in error.message and error.stack for error in errors)


@pytest.mark.skipif(find_spec("crewai.llms.retry") is None, reason="model calls that fail are not repeated")
def test_model_that_recovers(recorded: Recording, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is repeated because of a rate limit is a span each time, and the tree goes on as if nothing was."""
    replies = iter(
        [Reply(status=429, error="slow down", headers={"Retry-After": "0"}), Reply("At last."), Reply("Ok.")]
    )
    url = serve(lambda body: next(replies))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    tasks = [task("One", agent(url), name="one"), task("Two", agent(url), name="two")]
    crew(tasks).kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums
  task one
    agent Calculator
      llm gpt-4o-mini [error openai.RateLimitError]
      llm gpt-4o-mini
  task two
    agent Calculator
      llm gpt-4o-mini"""
    )


def test_streaming(recorded: Recording, url: str) -> None:
    """A streamed answer gives the tree of a whole one, and the time to its first piece."""
    calculator(url, stream=True).kickoff()
    assert outline(recorded) == "\n".join(line[2:] for line in ONE_CREW.splitlines()[1:])
    waits = [span.attributes["gen_ai.response.time_to_first_chunk"] for span in recorded.find("llm")]
    assert all(isinstance(wait, float) and 0 < wait < 1 for wait in waits)
    assert recorded.find("llm")[1].attributes["gen_ai.usage.input_tokens"] == 200


def test_streaming_crew(recorded: Recording, url: str) -> None:
    """A crew that streams runs in a thread of CrewAI's, and still in the session of its caller."""
    with agentops.start_session("streamed") as session:
        stream = calculator(url)
        stream.stream = True
        assert "".join(chunk.content for chunk in stream.kickoff()).endswith("The sum is 5.")
    check_tree(recorded)
    assert recorded.outline(session) == ONE_CREW.replace("default", "streamed")


def test_kickoff_for_each(recorded: Recording, serve: Any) -> None:
    """Each input is a run of the crew of its own."""
    url = serve(plainly)
    team = crew([task("Sum {what}", agent(url))])
    team.kickoff_for_each(inputs=[{"what": "pears"}, {"what": "plums"}])
    asyncio.run(team.akickoff_for_each(inputs=[{"what": "figs"}, {"what": "nuts"}]))
    names = [
        f"workflow Sums\n  task Sum {what}\n    agent Calculator\n      llm gpt-4o-mini" for what in ("pears", "plums")
    ]
    tree = outline(recorded)
    assert tree.startswith("\n".join(names))
    parts = sorted(tree.removeprefix("\n".join(names)).strip().split("workflow Sums\n"))
    assert parts[1].startswith("  task Sum figs\n    agent")
    assert parts[2].startswith("  task Sum nuts\n    agent")


def test_agent_alone(recorded: Recording, url: str) -> None:
    """An agent needs no crew."""
    agent(url, tools=[add]).kickoff("Add two and three")
    assert (
        outline(recorded)
        == """\
agent Calculator
  llm gpt-4o-mini
  tool add
  llm gpt-4o-mini"""
    )
    (run,) = recorded.find("agent")
    assert run.attributes["gen_ai.agent.description"] == "Be right"
    assert run.output == "The sum is 5."


class OwnModel(BaseLLM):
    """A model as people write one: it takes messages, and says what it thinks."""

    says: list[str]

    def call(self, messages: Any, *args: Any, **kwargs: Any) -> str:
        self._track_token_usage_internal({"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12})
        if not self.says:
            raise ValueError("nothing to say")
        return self.says.pop(0)

    def supports_function_calling(self) -> bool:
        return False


def test_model_of_the_programs_own(recorded: Recording) -> None:
    """A model of which CrewAI emits no event is recorded all the same, and so are tools that it asks for in words."""
    thinks = 'Thought: add\nAction: add\nAction Input: {"a": 2, "b": 3}'
    model = OwnModel(model="mine", says=[thinks, "Thought: done\nFinal Answer: 5"])
    crew([task("Add", agent("", model=model, tools=[add]), name="add")]).kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums
  task add
    agent Calculator
      llm mine
      tool add
      llm mine"""
    )
    first, second = recorded.find("llm")
    assert first.output == [{"role": "assistant", "parts": [{"type": "text", "content": thinks}]}]
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in (first, second)] == [10, 10]
    assert [item["role"] for item in second.input] == ["system", "user", "assistant", "user"]  # type: ignore[index, union-attr]
    assert recorded.find("tool")[0].input == {"a": 2, "b": 3}


def test_model_of_the_programs_own_that_fails(recorded: Recording) -> None:
    """What such a model raises stands on its span."""
    with pytest.raises(ValueError, match="nothing to say"):
        crew([task("Add", agent("", model=OwnModel(model="mine", says=[])), name="add")]).kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums [error ValueError]
  task add [error ValueError]
    agent Calculator [error ValueError]
      llm mine [error ValueError]"""
    )


def test_guardrails(recorded: Recording, serve: Any) -> None:
    """A guardrail that says no is not an error, and what it says stands in it; the agent's next try is beside it."""
    said = iter([(False, "too short"), (True, "fine")])

    def long_enough(output):  # type: ignore[no-untyped-def]  # CrewAI reads the annotation, and takes one kind only
        return next(said)

    crew([task("Try", agent(serve(plainly)), name="try", guardrail=long_enough)]).kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums
  task try
    agent Calculator
      llm gpt-4o-mini
    guardrail long_enough
    agent Calculator
      llm gpt-4o-mini
    guardrail long_enough"""
    )
    first, second = recorded.find("guardrail")
    assert first.attributes["agentops.span.swallowed_error"] == "too short"
    assert first.output == {"success": False, "result": None, "error": "too short"}
    assert second.output == {"success": True, "result": "fine", "error": None}
    assert [span.attributes["agentops.span.attempt"] for span in (first, second)] == [1, 2]


def test_guardrail_in_words(recorded: Recording, serve: Any) -> None:
    """A guardrail that a model judges has the judging agent below it."""

    def script(body: dict[str, Any]) -> Reply:
        judges = "guardrail" in str(body["messages"][0]["content"]).lower()
        return Reply('{"valid": true, "feedback": null}' if judges else "A plain answer.")

    crew([task("Try", agent(serve(script)), name="try", guardrail="must be polite")]).kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums
  task try
    agent Calculator
      llm gpt-4o-mini
    guardrail must be polite
      agent Guardrail Agent
        llm gpt-4o-mini"""
    )


def test_reasoning(recorded: Recording, serve: Any) -> None:
    """An agent that plans first has its plan, and what it cost, before its work."""

    def script(body: dict[str, Any]) -> Reply:
        if "create_reasoning_plan" in str(body.get("tools")):
            plan = {"plan": "1. Add.", "ready": True, "steps": []}
            return Reply(calls=[("create_reasoning_plan", plan)])
        return Reply("READY: I am ready to execute the task.")

    crew([task("Try", agent(serve(script), reasoning=True), name="try")]).kickoff()
    tree = outline(recorded)
    assert tree.startswith("""\
workflow Sums
  task try
    agent Calculator
      operation reasoning
        llm gpt-4o-mini
      llm gpt-4o-mini""")
    (run,) = recorded.find("operation", "reasoning")
    assert run.output["ready"] is True  # type: ignore[index]


def test_memory_and_knowledge(recorded: Recording, serve: Any) -> None:
    """What an agent remembers and looks up stands before it, what it keeps stands in it; errors of that do no harm.

    After CrewAI's own model calls fail, it takes the wrong runs for the ones that end. The tree is right all the same.
    """
    url = serve(plainly)
    embedder = {"provider": "openai", "config": {"api_key": "none", "api_base": url}}
    tasks = [task("One", agent(url), name="one"), task("Two", agent(url), name="two")]
    crew(
        tasks,
        memory=True,
        knowledge_sources=[StringKnowledgeSource(content="Two plus two is four.")],
        embedder=embedder,
    ).kickoff()
    recorded.runtime.finish()
    lines = recorded.outline().splitlines()
    assert [line for line in lines if line.startswith("    ") and not line.startswith("     ")] == [
        "    task one",
        "    task two",
    ]
    for wanted in (
        "      memory retrieve",
        "        memory query",
        "      retriever knowledge",
        "        operation rewrite query",
        "      agent Calculator",
    ):
        assert lines.count(wanted) == 2, wanted
    saves = recorded.find("memory", "save")
    assert saves
    assert all(save.status == "ok" for save in saves)
    assert {span.status for span in recorded.find("task")} == {"ok"}
    assert recorded.find("workflow")[0].output == "A plain answer."


class PressFlow(Flow[dict[str, Any]]):
    """Two steps at once, a crew in one of them, a branch, and a way to fail."""

    url = ""
    has_paper = True

    @start()
    def gather(self) -> str:
        return "facts"

    @listen(gather)
    def write(self, facts: str) -> str:
        return str(crew([task("Write", agent(self.url), name="write")], name="Inner").kickoff())

    @router(write)
    def judge(self) -> str:
        return "good"

    @listen("good")
    async def publish(self) -> str:
        if not self.has_paper:
            raise ValueError("no paper")
        return "published"


def test_flow(recorded: Recording, serve: Any) -> None:
    """A flow's methods stand below it, and a crew below the method that starts it."""
    PressFlow.url = serve(plainly)
    assert PressFlow(suppress_flow_events=False).kickoff(inputs={"day": "Monday"}) == "published"
    assert (
        outline(recorded)
        == """\
workflow PressFlow
  operation gather
  operation write
    workflow Inner
      task write
        agent Calculator
          llm gpt-4o-mini
  operation judge
  operation publish"""
    )
    assert recorded.find("workflow", "PressFlow")[0].input == {"day": "Monday"}
    assert recorded.find("operation", "gather")[0].output == "facts"


def test_flow_that_fails(recorded: Recording, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in a method marks the method and its flow, and goes on unchanged."""
    PressFlow.url = serve(plainly)
    monkeypatch.setattr(PressFlow, "has_paper", False)
    with pytest.raises(ValueError, match="no paper"):
        asyncio.run(PressFlow().kickoff_async())
    lines = outline(recorded).splitlines()
    assert lines[0] == "workflow PressFlow [error ValueError]"
    assert lines[-1] == "  operation publish [error ValueError]"


def test_people_in_flows(recorded: Recording, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for a person is a span of kind human, with what was asked and what was answered."""
    answers = iter(["Good work.", "Ada"])
    monkeypatch.setattr(builtins, "input", lambda *args: next(answers))

    class Review(Flow[dict[str, Any]]):
        @start()
        @human_feedback(message="Is it good?")
        def draft(self) -> str:
            return "a draft"

        @listen(draft)
        def sign(self) -> str | None:
            return self.ask("Your name?")

    Review().kickoff()
    assert (
        outline(recorded)
        == """\
workflow Review
  operation draft
    human draft
  operation sign
    human sign"""
    )
    feedback, name = recorded.find("human")
    assert (feedback.input, feedback.output) == ({"message": "Is it good?", "output": "a draft"}, "Good work.")
    assert (name.input, name.output) == ({"message": "Your name?"}, "Ada")


def test_flow_that_waits_for_somebody_elsewhere(recorded: Recording) -> None:
    """A flow that is put aside until an answer comes ends without an error, and a human node says what it waits for."""

    class Elsewhere:
        def request_feedback(self, context: Any, flow: Any) -> str:
            raise HumanFeedbackPending(context=context, callback_info={"ticket": 7})

    class Review(Flow[dict[str, Any]]):
        @start()
        @human_feedback(message="Is it good?", provider=Elsewhere())
        def draft(self) -> str:
            return "a draft"

    assert isinstance(Review().kickoff(), HumanFeedbackPending)
    assert (
        outline(recorded)
        == """\
workflow Review
  operation draft
    human draft"""
    )
    assert recorded.find("human")[0].input == {"message": "Is it good?"}


@pytest.mark.parametrize("is_async", [False, True], ids=["kickoff", "akickoff"])
def test_people_in_tasks(recorded: Recording, serve: Any, monkeypatch: pytest.MonkeyPatch, is_async: bool) -> None:
    """A task that asks for feedback waits in its agent, as often as it is not happy."""
    answers = iter(["Shorter, please.", ""])
    monkeypatch.setattr(builtins, "input", lambda *args: next(answers))

    async def read_line() -> str:
        return next(answers)

    monkeypatch.setattr("crewai.core.providers.human_input._async_readline", read_line)
    team = crew([task("Try", agent(serve(plainly)), name="try", human_input=True)])
    asyncio.run(team.akickoff()) if is_async else team.kickoff()
    assert (
        outline(recorded)
        == """\
workflow Sums
  task try
    agent Calculator
      llm gpt-4o-mini
      human feedback
      llm gpt-4o-mini
      human feedback"""
    )
    assert [span.output for span in recorded.find("human")] == ["Shorter, please.", ""]


def test_cancelled_crew(recorded: Recording, serve: Any) -> None:
    """A crew that is cancelled is marked so; what comes after it stands beside it, not in it."""
    has_begun, is_over = threading.Event(), threading.Event()

    @tool("wait")
    def wait() -> str:
        """Wait until the crew is cancelled."""
        has_begun.set()
        is_over.wait(20)
        return "too late"

    async def cancel_and_go_on() -> None:
        team = crew([task("Wait", agent(serve(asking("wait")), tools=[wait]), name="wait")])
        run = asyncio.create_task(team.akickoff())
        await asyncio.to_thread(has_begun.wait, 20)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        is_over.set()
        await crew([task("Go on", agent(serve(plainly)), name="go on")]).akickoff()

    asyncio.run(cancel_and_go_on())
    lines = recorded.outline().splitlines()
    assert lines[1] == "  workflow Sums [cancelled asyncio.exceptions.CancelledError]"
    assert lines[-4:] == ["  workflow Sums", "    task go on", "      agent Calculator", "        llm gpt-4o-mini"]


def test_interrupted_crew(recorded: Recording, serve: Any) -> None:
    """Ctrl-C reaches the caller, and everything that it went through is marked as cancelled."""
    with pytest.raises(KeyboardInterrupt):
        crew([task("Try", agent(serve(plainly)), name="try", callback=stop)]).kickoff()
    assert (
        recorded.outline()
        == """\
session default [running]
  workflow Sums [cancelled KeyboardInterrupt]
    task try [cancelled KeyboardInterrupt]
      agent Calculator
        llm gpt-4o-mini"""
    )


def test_nested_runs_stand_where_they_are_called(recorded: Recording, url: str, serve: Any) -> None:
    """A crew in a function of ours in a tool of a crew stands below that function; a session in it, beside."""

    @agentops.operation
    def consult() -> str:
        return str(calculator(url).kickoff())

    @agentops.session(name="inner")
    def apart() -> str:
        return str(calculator(url).kickoff())

    @tool("ask_others")
    def ask_others() -> str:
        """Ask other crews."""
        return consult() + apart()

    def script(body: dict[str, Any]) -> Reply:
        return Reply("Done.") if tool_results(body) else Reply(calls=[("ask_others", {})])

    crew([task("Ask", agent(serve(script), "Asker", tools=[ask_others]), name="ask")], name="Outer").kickoff()
    recorded.runtime.finish()
    check_tree(recorded)
    outer_session, inner_session = recorded.sessions
    assert (
        recorded.outline(outer_session)
        == """\
session default
  workflow Outer
    task ask
      agent Asker
        llm gpt-4o-mini
        tool ask_others
          operation consult
            workflow Sums
              task sum
                agent Calculator
                  llm gpt-4o-mini
                  tool add
                  llm gpt-4o-mini
        llm gpt-4o-mini"""
    )
    assert recorded.outline(inner_session) == ONE_CREW.replace("default", "inner")


def test_servers_and_agents_elsewhere(recorded: Recording) -> None:
    """Tools of MCP servers, agents reached by A2A and runs of ``crew.train`` have nodes of their own.

    The events are CrewAI's own, emitted here as it emits them: the servers that belong to them cannot run in a test.
    """
    emit = functools.partial(crewai_event_bus.emit, None)
    training = {"crew_name": "Sums", "n_iterations": 1, "filename": "trained.pkl"}
    emit(CrewTrainStartedEvent(**training, inputs={"topic": "sums"}))
    emit(MCPConnectionStartedEvent(server_name="files", transport_type="stdio"))
    emit(MCPConnectionFailedEvent(server_name="files", transport_type="stdio", error="no such program"))
    emit(ToolUsageStartedEvent(tool_name="read", tool_args={"path": "a"}))
    emit(MCPToolExecutionStartedEvent(server_name="files", tool_name="read", tool_args={"path": "a"}))
    emit(MCPToolExecutionCompletedEvent(server_name="files", tool_name="read", tool_args={"path": "a"}, result="text"))
    moment = datetime.now(timezone.utc)
    emit(
        ToolUsageFinishedEvent(
            tool_name="read", tool_args={"path": "a"}, output="text", started_at=moment, finished_at=moment
        )
    )
    there = {"endpoint": "http://127.0.0.1:1/agent", "a2a_agent_name": "Auditor"}
    emit(A2ADelegationStartedEvent(**there, task_description="Audit this", agent_id="1", agent_role="Clerk"))
    emit(A2ADelegationCompletedEvent(**there, status="completed", result="All is well."))
    emit(CrewTrainCompletedEvent(**training))
    assert (
        outline(recorded)
        == """\
workflow train Sums
  operation connect to files [error error]
  tool read
    operation read on files
  handoff Auditor"""
    )
    (handoff,) = recorded.find("handoff")
    assert (handoff.input, handoff.output) == ("Audit this", "All is well.")
    assert handoff.attributes["agentops.handoff.from"] == "Clerk"
    assert recorded.find("operation", "read on files")[0].output == "text"


def test_demo(recorded: Recording) -> None:
    """The demo shows what the page says that it shows."""
    from agentops_crewai.launch import LaunchFlow

    LaunchFlow().kickoff(inputs={"product": "Cold-brew maker", "market": "Austria"})
    tree = outline(recorded)
    page = (Path(__file__).parents[3] / "docs" / "integrations" / "crewai.md").read_text()
    shown = page.partition("    session product launch\n")[2].partition("\n\n")[0]
    assert sorted(tree.splitlines()) == sorted(line[6:] for line in shown.splitlines())
