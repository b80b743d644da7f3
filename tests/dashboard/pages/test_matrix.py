"""Who gave work to whom."""

from agentops_dashboard.derived import facts_of
from agentops_dashboard.pages.agents_view import matrix
from agentops_dashboard.reader.outline import Outline
from tests.dashboard.test_derived import span


def test_a_matrix_has_every_delegation_once() -> None:
    """Lines give, columns get; how often, how often in vain, and on hover what it came to."""
    rows = [
        span("root", None, "session", 0, 100),
        span("boss", "root", "agent", 0, 100, agent="boss"),
        *(
            span(f"clerk{at}", "boss", "agent", at, at + 5, agent="clerk", status="error" if at == 10 else "ok")
            for at in (10, 20, 30)
        ),
        span("llm", "clerk30", "llm", 31, 32, input_tokens=1000, output_tokens=500, cost_nano=20_000_000),
        span("helper", "clerk30", "agent", 33, 34, agent="helper"),
    ]
    delegations = facts_of(Outline.of("s", rows))["delegations"]
    assert matrix(delegations) == {
        "targets": ["clerk", "helper"],
        "lines": [
            (
                "boss",
                [{"count": 3, "failed": 1, "title": "boss → clerk: 3 times, 1 failed, 1.5k tokens, $0.0200"}, None],
            ),
            ("clerk", [None, {"count": 1, "failed": 0, "title": "clerk → helper: 1 time"}]),
        ],
        "left_out": 0,
    }
    assert matrix(delegations[:1]) is None


def test_a_matrix_of_very_many_agents_says_what_it_leaves_out() -> None:
    """Twenty lines and columns at most."""
    rows = [span("root", None, "session", 0, 100), span("boss", "root", "agent", 0, 100, agent="boss")]
    rows += [span(f"a{at:02}", "boss", "agent", at, at + 1, agent=f"a{at:02}") for at in range(25)]
    found = matrix(facts_of(Outline.of("s", rows))["delegations"])
    assert found is not None
    assert (len(found["targets"]), len(found["lines"]), found["left_out"]) == (20, 1, 5)
