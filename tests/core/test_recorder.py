"""The recorder: foreign ids to spans, in whatever order and from whatever thread they come."""

import threading
from contextvars import Context, ContextVar

import pytest

import agentops
from agentops.messages import Usage, message, tool_call, tool_result
from agentops.testing import recording
from agentops.testing.conformance import check_tree


@pytest.fixture
def recorder() -> agentops.Recorder:
    return agentops.Recorder("test")


def test_runs_are_parented_by_key_and_wrappers_collapse(recorder: agentops.Recorder) -> None:
    """A run's parent is the run that its framework names, through any number of collapsed wrappers."""
    with recording() as recorded:
        recorder.start("agent", "planner", key="a")
        recorder.alias("w1", "a")
        recorder.alias("w2", "w1")
        recorder.start("llm", "gpt-4o", key="l", parent_key="w2")
        recorder.start("tool", "search", key="t", parent_key="w2", input={"q": "x"})
        for key in ("t", "w2", "l", "w1", "a"):
            recorder.end(key)
    check_tree(recorded)
    assert recorded.outline() == "session default\n  agent planner\n    llm gpt-4o\n    tool search"
    assert {span.origin for span in recorded.spans[1:]} == {"test"}


def test_same_key_in_two_recorders_is_two_runs() -> None:
    """The ids of different frameworks never meet."""
    one, two = agentops.Recorder("one"), agentops.Recorder("two")
    with recording() as recorded:
        one.start("agent", "a", key=1)
        two.start("agent", "b", key=1)
        two.end(1)
        one.end(1)
    assert recorded.outline() == "session default\n  agent a\n  agent b"


def test_an_end_before_its_start_is_kept(recorder: agentops.Recorder) -> None:
    """An end that overtook its start is applied to it, with its own time and output."""
    with recording() as recorded:
        recorder.end("late", output="result", end_ns=1_700_000_000_500_000_000)
        recorder.start("tool", "search", key="late")
    span = recorded.find("tool")[0]
    assert (span.status, span.output, span.end_ns) == ("ok", "result", 1_700_000_000_500_000_000)
    check_tree(recorded)


def test_a_child_before_its_parent_waits_for_it(recorder: agentops.Recorder) -> None:
    """A start whose parent is not known yet is recorded as soon as it is; what waits in vain is recorded too."""
    with recording() as recorded:
        recorder.start_in_order("a", lambda: recorder.start("tool", "early", key="t", parent_key="a"))
        recorder.start_in_order("never", lambda: recorder.start("tool", "stray", key="s", parent_key="never"))
        recorder.end("t")
        assert recorded.spans == []
        recorder.start("agent", "planner", key="a")
        recorder.end("a")
        recorder.release_waiting()
        recorder.end("s")
    assert recorded.outline() == "session default\n  agent planner\n    tool early\n  tool stray"


def test_unknown_parents_fall_back_to_the_context(recorder: agentops.Recorder) -> None:
    """A run whose parent was never seen belongs to what is current where it starts."""
    with recording() as recorded:

        @agentops.task
        def work() -> None:
            recorder.start("llm", "gpt", key=2, parent_key="nobody")
            recorder.end(2)

        work()
    assert recorded.outline() == "session default\n  task work\n    llm gpt"


def test_double_ends_are_counted_and_change_nothing(recorder: agentops.Recorder) -> None:
    """Of two ends the first counts."""
    with recording() as recorded:
        recorder.start("tool", "t", key=1)
        recorder.end(1, output="first")
        recorder.end(1, output="second", error=ValueError("no"))
        assert recorded.runtime.counts["ended twice"] == 1
    assert recorded.outline() == "session default\n  tool t"
    assert recorded.find("tool")[0].output == "first"


def test_ending_a_parent_ends_what_is_open_below_it(recorder: agentops.Recorder) -> None:
    """A model call that its framework never ends is closed with the agent around it."""
    with recording() as recorded:
        recorder.start("agent", "a", key="a")
        recorder.start("task", "t", key="t", parent_key="a")
        recorder.start("llm", "l", key="l", parent_key="t")
        recorder.end("a", error=ValueError("x"))
    assert recorded.outline() == (
        "session default\n  agent a [error ValueError]\n    task t [unfinished]\n      llm l [unfinished]"
    )
    agent, task, llm = recorded.spans[1:]
    assert agent.end_ns == task.end_ns == llm.end_ns


def test_the_deepest_live_answer_of_all_frameworks_is_the_parent() -> None:
    """A run without a parent belongs to the innermost run of whichever framework is active here."""
    outer, inner = agentops.Recorder("outer"), agentops.Recorder("inner")
    ambient: ContextVar[str | None] = ContextVar("ambient", default=None)
    remove = outer.add_parent_resolver(ambient.get)
    assert remove is not None
    with recording() as recorded:

        @agentops.task
        def work() -> None:
            outer.start("agent", "graph", key="g")
            outer.start("tool", "delegate", key="t", parent_key="g")
            ambient.set("t")
            inner.start("agent", "crew", key=1)
            agentops.operation(name="within")(lambda: None)()
            inner.end(1)
            outer.end("t")
            inner.start("agent", "stale", key=2)
            inner.end(2)
            outer.end("g")

        work()
    remove()
    check_tree(recorded)
    assert recorded.outline() == (
        "session default\n  task work\n    agent graph\n      tool delegate\n        agent crew\n"
        "        operation within\n      agent stale"
    )


def test_a_stale_answer_does_not_take_over_another_session() -> None:
    """A framework whose context outlives a session says what was current there; what began later is current here."""
    framework = agentops.Recorder("framework")
    ambient: ContextVar[agentops.Span | None] = ContextVar("ambient", default=None)
    remove = framework.add_parent_resolver(ambient.get)
    assert remove is not None
    with (
        recording() as recorded,
        agentops.start_session("earlier"),
        framework.span("agent", "a"),
        framework.span("tool", "b") as deep,
    ):
        later = Context().run(agentops.start_session, "later")
        ambient.set(deep)
        with agentops.activate(later.root):
            agentops.operation(name="work")(lambda: None)()
        later.end()
    remove()
    assert recorded.outline(later) == "session later\n  operation work"


def test_a_wrapped_call_is_current_inside_and_passes_errors_on(recorder: agentops.Recorder) -> None:
    """``recorder.span`` is current for what its block calls, and its error is the caller's own."""
    error = KeyError("x")

    def call() -> None:
        with recorder.span("llm", "gpt"):
            recorder.event("retry", attributes={"n": 1})
            raise error

    with recording() as recorded, pytest.raises(KeyError) as caught:
        call()
    assert caught.value is error
    assert recorded.outline() == "session default\n  llm gpt [error KeyError]\n    event retry"


def test_messages_and_usage_have_the_shape_of_the_conventions(recorder: agentops.Recorder) -> None:
    """What a model read and wrote, and its tokens by class, under the names of OpenTelemetry."""
    with recording() as recorded:
        span = recorder.start("llm", "gpt-4o", input=[message("user", "2+2?"), message("tool", [tool_result(4, "c1")])])
        assert span is not None
        usage = Usage(input_tokens=10, output_tokens=5, cache_read=4)
        answer = message("assistant", [tool_call("add", '{"a": 2}', "c1")], finish_reason="tool_calls")
        recorder.end(span, output=[answer], attributes=usage.attributes())
    assert span.input == [
        {"role": "user", "parts": [{"type": "text", "content": "2+2?"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": 4}]},
    ]
    assert span.output == [
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 2}}],
            "finish_reason": "tool_calls",
        }
    ]
    assert recorded.find("llm")[0].attributes["gen_ai.usage.cache_read.input_tokens"] == 4
    assert "gen_ai.usage.reasoning.output_tokens" not in span.attributes


def test_runs_from_many_threads(recorder: agentops.Recorder) -> None:
    """Starts and ends of one tree may come from any thread."""
    with recording() as recorded:
        recorder.start("agent", "a", key="a")

        def work(thread: int) -> None:
            for n in range(100):
                recorder.start("tool", "t", key=(thread, n), parent_key="a")
                recorder.end((thread, n))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        recorder.end("a")
    check_tree(recorded)
    assert len(recorded.find("tool")) == 800
    assert len(recorder.registry) == 0
    assert sorted(span.seq for span in recorded.spans) == list(range(1, 803))


def test_a_collapsed_run_can_be_shown_after_all(recorder: agentops.Recorder) -> None:
    """A wrapper in which something turns out to happen gets a span, and what starts in it later is below that."""
    with recording() as recorded:
        recorder.start("agent", "planner", key="a")
        recorder.alias("node", "a")
        recorder.start("operation", "summarize", key="node", parent_key="a")
        recorder.start("llm", "gpt-4o", key="l", parent_key="node")
        for key in ("l", "node", "a"):
            recorder.end(key)
    check_tree(recorded)
    assert recorded.outline() == "session default\n  agent planner\n    operation summarize\n      llm gpt-4o"


def test_a_span_can_become_that_of_the_run_inside(recorder: agentops.Recorder) -> None:
    """A run that consists of one other run leaves its span to it; the span's last record has the new kind and name."""
    with recording() as recorded:
        recorder.start("workflow", "graph", key="g")
        span = recorder.start("operation", "node", key="n", parent_key="g")
        assert recorder.take_over("a", "n", "g") is span
        recorder.update("a", kind="agent", name="writer")
        recorder.start("llm", "gpt-4o", key="l", parent_key="a")
        recorder.start("tool", "after", key="t", parent_key="n")
        for key in ("l", "a", "t", "n", "g"):
            recorder.end(key)
    check_tree(recorded)
    assert recorded.outline() == "session default\n  workflow graph\n    agent writer\n      llm gpt-4o\n    tool after"
    assert recorder.take_over("x", "unknown", "g") is None


def test_runs_that_never_end_are_let_go(recorder: agentops.Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was closed with the run around it is not held for ever because its framework never says that it ended."""
    monkeypatch.setattr("agentops.sdk.registry._REMEMBERED", 10)
    monkeypatch.setattr(recorder.registry, "_crowded_at", 10)
    with recording():
        for number in range(100):
            recorder.start("agent", "planner", key=("a", number))
            recorder.start("llm", "gpt-4o", key=("l", number), parent_key=("a", number))
            recorder.end(("a", number))
    assert len(recorder.registry) <= 11


def test_a_parent_may_come_while_its_child_decides_to_wait(
    recorder: agentops.Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No child waits in vain for a parent that another thread starts in just that moment."""
    registry = recorder.registry
    knows = registry.knows

    def parent_comes_after(key: object) -> bool:
        monkeypatch.setattr(registry, "knows", knows)
        known = knows(key)
        recorder.start("agent", "planner", key="a")
        return known

    with recording() as recorded:
        monkeypatch.setattr(registry, "knows", parent_comes_after)
        recorder.start_in_order("a", lambda: recorder.start("tool", "search", key="t", parent_key="a"))
        recorder.end("t")
        recorder.end("a")
    assert recorded.outline() == "session default\n  agent planner\n    tool search"
