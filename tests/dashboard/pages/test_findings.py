"""What a session's page says below the figures, and where a failed session is opened."""

from types import SimpleNamespace
from typing import Any

from agentops.semconv import SpanKind, SpanStatus, State
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.findings import findings_of
from agentops_dashboard.reader.outline import Outline
from tests.dashboard.test_derived import span

ADDRESS = Address("/sessions/s", {"view": "timeline", "kinds": "llm", "list": "q=x"})


def _said(state: str, *rows: SimpleNamespace, complete: bool = False) -> list[tuple[str, str, str]]:
    """Label, text and the span that each finding leads to."""
    more: dict[str, Any] = {"error_type": None, "error_message": None, "finish_reason": None}
    outline = Outline.of("s", [SimpleNamespace(**(more | vars(row))) for row in rows])
    session: Any = {"state": state, "complete": complete}
    found = findings_of(ADDRESS, session, outline)
    return [
        (one.label, one.text, one.href.partition("span=")[2])
        for one in found
        if one.label not in ("Critical path", "Waste")
    ]


ROOT = span("root", None, SpanKind.SESSION, 0, 100)


def test_a_failed_session_says_in_which_span_and_how() -> None:
    """The tool that raised, not the agent that passed the error on; the link forgets what could hide the span."""
    agent = span("agent", "root", SpanKind.AGENT, 0, 90, status=SpanStatus.ERROR, error_type="RuntimeError")
    tool = span(
        "t1", "agent", SpanKind.TOOL, 1, 2, tool="refund", status=SpanStatus.ERROR, error_type="GatewayError",
        error_message="402 card\nexpired",
    )  # fmt: skip
    assert _said(State.ERROR, ROOT, agent, tool) == [("Failed in", "refund: GatewayError: 402 card expired", "t1")]


def test_what_went_wrong_in_silence_is_said_of_any_session() -> None:
    """A swallowed error, a loop, attempts in vain, and answers that were cut off, each with how many there are."""
    calls = [
        span(
            f"s{at}", "root", SpanKind.TOOL, at, at + 1, tool="search", call_hash=7, swallowed="401" if at < 2 else None
        )
        for at in range(4)
    ]
    attempts = [
        span(f"p{at}", "root", SpanKind.TOOL, 10 + at, 11 + at, tool="pay", status=SpanStatus.ERROR) for at in range(2)
    ]
    cut = span("l", "root", SpanKind.LLM, 20, 30, model="gpt-4o", finish_reason="length")
    assert _said(State.SUCCESS, ROOT, *calls, *attempts, cut, complete=True) == [
        ("Swallowed error", "search: 401 and 1 more", "s0"),
        ("Loop", "search ×4", "s0"),
        ("Gave up on", "pay, 2 attempts", "p1"),
        ("Cut off", "gpt-4o", "l"),
        ("Complete", "every span arrived", ""),
    ]


def test_an_abandoned_session_says_what_it_was_at() -> None:
    """The deepest span that never ended."""
    root = span("root", None, SpanKind.SESSION, 0, None)
    agent = span("agent", "root", SpanKind.AGENT, 1, None, agent="worker")
    slow = span("slow", "agent", SpanKind.TOOL, 2, None, tool="slow")
    assert _said(State.ABANDONED, root, agent, slow) == [("Stopped in", "slow", "slow")]


def test_nothing_is_called_complete_whose_parents_are_missing() -> None:
    """Spans without their parents are said, with a way to the first of them."""
    lost = span("lost", "gone", SpanKind.TOOL, 5, 6)
    assert _said(State.SUCCESS, ROOT, lost, complete=True) == [("Detached", "1 span without its parent", "lost")]
