"""What follows from a tree, on trees small enough to check by hand."""

from types import SimpleNamespace

from agentops_dashboard.derived import FirstAnswer, facts_of, first_answer, last_at_work, root_failure
from agentops_dashboard.derived.waste import WasteSum
from agentops_dashboard.reader.outline import Outline

MS = 1_000_000


def span(span_id, parent, kind, start, end, **more):
    """A row of the span table; times in milliseconds."""
    row = {
        "trace_id": "t", "span_id": span_id, "parent_id": parent, "kind": kind, "start_ns": start * MS, "seq": 0,
        "end_ns": None if end is None else end * MS, "name": span_id, "status": "ok", "agent": None, "tool": None,
        "model": None, "input_tokens": None, "output_tokens": None, "cost_nano": None, "swallowed": None,
        "call_hash": None, "first_token_ns": None,
    }  # fmt: skip
    return SimpleNamespace(**(row | more))


def facts(*rows):
    return facts_of(Outline.of("s", list(rows)))


def test_the_critical_path_skips_what_ran_beside():
    """Of two parallel tools the longer one is on the path, with what came before it; shares add up to the duration."""
    found = facts(
        span("root", None, "session", 0, 100),
        span("llm", "root", "llm", 0, 30),
        span("fast", "root", "tool", 30, 40),
        span("slow", "root", "tool", 30, 90),
    )
    assert found["critical_path"] == ["root", "llm", "slow"]
    assert found["critical_ms"] == {"session": 10.0, "llm": 30.0, "tool": 60.0}
    assert sum(found["critical_ms"].values()) == found["duration_ms"] == 100.0


def test_the_first_answer_is_a_token_or_a_whole_answer():
    """Whichever came first after the session began; a call that is still silent has not answered."""
    root, slow = span("root", None, "session", 10, None), span("slow", "root", "llm", 20, 90)
    streamed = span("streamed", "root", "llm", 40, 100, first_token_ns=15 * MS)
    silent = span("silent", "root", "llm", 12, None)

    def found(*rows):
        return first_answer(Outline.of("s", list(rows)))

    assert found(root, silent) is None
    assert found(root, silent, slow) == FirstAnswer("slow", 80.0, None)
    assert found(root, silent, slow, streamed) == FirstAnswer("streamed", 45.0, 15.0)


def test_waiting_for_two_people_at_once_counts_once():
    """Active time is the rest."""
    found = facts(
        span("root", None, "session", 0, 100),
        span("a", "root", "human", 10, 50),
        span("b", "root", "human", 40, 60),
    )
    assert (found["waiting_ms"], found["active_ms"]) == (50.0, 50.0)


def test_agents_have_a_share_of_their_own_and_one_with_all_below():
    """A recursive agent's subtree counts once; what its helpers used is not its own; unknown stays None."""
    found = facts(
        span("root", None, "session", 0, 100),
        span("boss", "root", "agent", 0, 100, agent="boss"),
        span("plan", "boss", "llm", 0, 10, input_tokens=10, output_tokens=1, cost_nano=1_000_000_000),
        span("helper", "boss", "agent", 10, 40, agent="helper", status="error"),
        span("work", "helper", "llm", 10, 30, input_tokens=20, output_tokens=2),
        span("again", "helper", "agent", 30, 40, agent="boss"),
        span("deep", "again", "llm", 30, 40, input_tokens=5, output_tokens=0, cost_nano=500_000_000),
    )
    agents = {agent.pop("name"): agent for agent in found["agents"]}
    assert agents == {
        "boss": {"runs": 2, "failed": 0, "llm": 2, "tools": 0, "self_tokens": 16, "subtree_tokens": 38,
                 "self_cost": 1.5, "subtree_cost": 1.5, "subtree_ms": 100.0},
        "helper": {"runs": 1, "failed": 1, "llm": 1, "tools": 0, "self_tokens": 22, "subtree_tokens": 27,
                   "self_cost": None, "subtree_cost": 0.5, "subtree_ms": 30.0},
    }  # fmt: skip
    assert found["delegations"] == [
        {"source": "boss", "target": "helper", "count": 1, "failed": 1, "tokens": 27, "cost": 0.5},
        {"source": "helper", "target": "boss", "count": 1, "failed": 0, "tokens": 5, "cost": 0.5},
    ]


def test_a_retry_follows_a_failure_and_parallel_calls_are_none():
    """Two failures and a success in a row are one group; what they cost in vain is waste."""
    found = facts(
        span("root", None, "session", 0, 100),
        span("t1", "root", "tool", 0, 10, tool="search", status="error"),
        span("l1", "t1", "llm", 0, 10, cost_nano=1_000_000_000, input_tokens=7),
        span("t2", "root", "tool", 10, 20, tool="search", status="error"),
        span("t3", "root", "tool", 20, 30, tool="search"),
        span("p1", "root", "tool", 40, 50, tool="fetch", status="error"),
        span("p2", "root", "tool", 40, 50, tool="fetch"),
    )
    assert found["retries"] == [
        {"name": "search", "kind": "tool", "attempts": 3, "succeeded": True, "span_ids": ["t1", "t2", "t3"]}
    ]
    assert found["waste"] == {"spans": 3, "ms": 20.0, "tokens": 7, "cost": 1.0}


def test_the_same_call_three_times_is_a_loop_within_one_agent():
    """The same arguments in another agent's run, or other arguments, do not count."""
    found = facts(
        span("root", None, "session", 0, 100),
        span("a", "root", "agent", 0, 100, agent="a"),
        *(span(f"c{n}", "a", "tool", n * 10, n * 10 + 5, tool="search", call_hash=7) for n in range(3)),
        span("other", "a", "tool", 40, 45, tool="search", call_hash=8),
        span("outside", "root", "tool", 50, 55, tool="search", call_hash=7),
    )
    assert found["loops"] == [{"tool": "search", "agent": "a", "count": 3, "span_ids": ["c0", "c1", "c2"]}]
    assert found["waste"] == {"spans": 2, "ms": 10.0, "tokens": None, "cost": None}


def test_nothing_follows_from_nothing():
    """An empty session has facts too."""
    found = facts()
    assert (found["duration_ms"], found["critical_path"], found["agents"], found["loops"]) == (0.0, [], [], [])


def test_waste_is_told_by_what_was_called_and_by_whom():
    """The dearest first; over all sessions it comes to what each session's waste comes to."""
    first = Outline.of("one", [
        span("root", None, "session", 0, 100),
        span("a", "root", "agent", 0, 100, agent="a"),
        span("t1", "a", "tool", 0, 10, tool="search", status="error"),
        span("l1", "t1", "llm", 0, 10, cost_nano=1_000_000_000, input_tokens=7),
        span("t2", "a", "tool", 20, 30, tool="search"),
        *(span(f"c{n}", "a", "tool", n * 10 + 40, n * 10 + 45, tool="fetch", call_hash=7) for n in range(3)),
    ])  # fmt: skip
    second = Outline.of("two", [
        span("root", None, "session", 0, 100),
        span("m1", "root", "llm", 0, 4, model="gpt", status="error", cost_nano=2_000_000_000),
        span("m2", "root", "llm", 5, 9, model="gpt"),
    ])  # fmt: skip
    both = WasteSum()
    for outline in (first, second, first):
        both.add(outline)
    assert both.most() == [
        {"kind": "tool", "name": "search", "agent": "a", "is_loop": False, "times": 2,
         "sum": {"spans": 4, "ms": 20.0, "tokens": 14, "cost": 2.0}},
        {"kind": "model", "name": "gpt", "agent": None, "is_loop": False, "times": 1,
         "sum": {"spans": 1, "ms": 4.0, "tokens": None, "cost": 2.0}},
        {"kind": "tool", "name": "fetch", "agent": "a", "is_loop": True, "times": 4,
         "sum": {"spans": 4, "ms": 20.0, "tokens": None, "cost": None}},
    ]  # fmt: skip
    wastes = [facts_of(outline)["waste"] for outline in (first, second, first)]
    assert sum(one["sum"]["ms"] for one in both.most()) == sum(waste["ms"] for waste in wastes)
    assert sum(one["sum"]["spans"] for one in both.most()) == sum(waste["spans"] for waste in wastes)


def test_the_failure_is_the_deepest_error_that_reached_the_top():
    """What failed and was got over is not it, and of several that failed one after the other the last one ended it."""

    def found(*rows, find=root_failure):
        outline = Outline.of("s", list(rows))
        place = find(outline)
        return None if place is None else outline.column("span_id")[place]

    root = span("root", None, "session", 0, 100)
    agent = span("agent", "root", "agent", 6, 90, status="error")
    tools = [span(f"tool{at}", "agent", "tool", at, at + 5, status="error") for at in (10, 20, 30)]
    early = span("early", "root", "tool", 0, 5, status="error")
    assert found(root) is None
    assert found(root, early, agent, *tools, span("after", "agent", "llm", 40, 50)) == "tool30"
    assert (
        found(root, span("calm", "root", "agent", 0, 90), span("got over", "calm", "tool", 1, 2, status="error"))
        == "got over"
    )
    assert found(span("root", None, "session", 0, 100, status="error"), agent) == "agent"
    lost = [
        span("root", None, "session", 0, None),
        span("a", "root", "agent", 1, None),
        span("done", "a", "tool", 2, 3),
    ]
    assert found(*lost, span("b", "a", "tool", 4, None), find=last_at_work) == "b"
    assert found(root, find=last_at_work) is None
