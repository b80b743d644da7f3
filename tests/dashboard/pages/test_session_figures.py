"""The numbers in the list's rows."""

from collections.abc import Callable

from agentops_dashboard.derived.model_calls import CallTimes, ModelUse
from agentops_dashboard.pages.session_figures import Figure, figures, model_cells
from agentops_dashboard.reader import Reader, Session

Make = Callable[..., list[tuple[str, list[bytes]]]]
Add = Callable[[list[bytes]], None]


def _sessions(reader: Reader, make_sessions: Make, add_lines: Add) -> list[Session]:
    """Two sessions of figures that are easily told apart."""
    for _, lines in make_sessions(2, spans=5):
        add_lines(lines)
    dear, cheap = reader.sessions()["sessions"]
    dear |= {"duration_ms": 84_000.5, "turns": 0, "unpriced_calls": 2}
    dear["tokens"] = {
        "input": 39_000, "cached": 7, "cache_write": None, "output": 1_000, "reasoning": 0, "total": 40_000,
    }  # fmt: skip
    dear["cost"] = {"amount": 0.25, "currency": "USD", "source": "reported"}
    cheap |= {"duration_ms": None, "tokens": None, "cost": None, "turns": 1_200}
    return [dear, cheap]


def test_each_number_is_written_with_its_bar_and_what_stands_behind_it(
    reader: Reader, make_sessions: Make, add_lines: Add
) -> None:
    """The largest fills its bar; what is unknown has neither; what has no price is said, not left out."""
    sessions = _sessions(reader, make_sessions, add_lines)
    tokens = "input 39,000\ncached 7\ncache write –\noutput 1,000\nreasoning 0"
    note = "At least: 2 calls have no known price and are not in the sum"
    assert figures(sessions, {"name", "duration", "tokens", "cost", "turns"}) == [
        {
            "duration": Figure("1m 24s", "84,000.500 ms", False, "100.00", "session"),
            "turns": Figure("0", "0", True),
            "tokens": Figure("40.0k", tokens, False, "100.00", "llm"),
            "cost": Figure("$0.2500", "$0.25", False, "100.00", "tool", note),
        },
        {"duration": Figure("–", "", True, "", "session"), "turns": Figure("1.2k", "1,200", False), "tokens": None,
         "cost": None},
    ]  # fmt: skip


def test_a_bar_is_as_long_as_its_share_of_the_longest(reader: Reader, make_sessions: Make, add_lines: Add) -> None:
    """A quarter of the largest on the page is a quarter of the bar; one call without a price is one call."""
    dear, cheap = _sessions(reader, make_sessions, add_lines)
    cheap |= {"duration_ms": 21_000.125, "unpriced_calls": 1}
    cheap["cost"] = {"amount": 0.0625, "currency": "USD", "source": "reported"}
    found = figures([dear, cheap], {"duration", "cost"})[1]
    assert found["duration"] == Figure("21.0 s", "21,000.125 ms", False, "25.00", "session")
    note = "At least: 1 call has no known price and is not in the sum"
    assert found["cost"] == Figure("$0.0625", "$0.0625", False, "25.00", "tool", note)
    assert figures([], {"duration", "cost"}) == []


def test_times_of_model_calls_are_written_like_other_times(reader: Reader, make_sessions: Make, add_lines: Add) -> None:
    """Without a bar, in full behind it; unknown where no call says, and with a word where nobody has looked."""
    known, large = _sessions(reader, make_sessions, add_lines)
    times = {known["id"]: CallTimes(1_204.5, 84_000.0, None, 0.25)}
    columns = {"llm_p50", "llm_p95", "first_token", "first_output", "turns"}
    unread = Figure("–", "Too many spans to be read for a row; its page tells", is_faint=True)
    assert figures([known, large], columns, times) == [
        {
            "turns": Figure("0", "0", is_faint=True),
            "llm_p50": Figure("1.20 s", "1,204.500 ms", is_faint=False),
            "llm_p95": Figure("1m 24s", "84,000.000 ms", is_faint=False),
            "first_token": None,
            "first_output": Figure("250 µs", "0.250 ms", is_faint=False),
        },
        {"turns": Figure("1.2k", "1,200", is_faint=False)} | dict.fromkeys(columns - {"turns"}, unread),
    ]


def test_models_are_named_with_their_calls_behind_them() -> None:
    """Most calls first, as they come; those that are not named are counted."""
    few, many = ModelUse(2, [("gpt-4o", 1_200), ("house-7b", 1)]), ModelUse(23, [("gpt-4o", 3)])
    assert model_cells({"a": few, "b": many}) == {
        "a": ("gpt-4o, house-7b", "gpt-4o: 1,200 calls\nhouse-7b: 1 call"),
        "b": ("gpt-4o", "gpt-4o: 3 calls\nand 22 more"),
    }
