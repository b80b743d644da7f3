"""The sums of models, tools and agents that are remembered by day are those that counting anew would find."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from agentops_dashboard.reader import Reader, label_sums
from agentops_dashboard.store import Store
from tests.dashboard.conftest import END_NS

DAY_NS = 86_400_000_000_000
EVERYTHING = "spans:>0"
"""A query that finds all sessions: with one, everything is counted at once."""
MIDNIGHT = END_NS - END_NS % DAY_NS
RANGES = [
    (None, None), (MIDNIGHT - 5 * DAY_NS + 7, None), (None, MIDNIGHT - 7), (MIDNIGHT - 4 * DAY_NS, MIDNIGHT),
    (MIDNIGHT - 4 * DAY_NS + 1, MIDNIGHT - DAY_NS // 3), (MIDNIGHT - DAY_NS, END_NS), (END_NS, END_NS - 1),
    (MIDNIGHT - 90 * DAY_NS, MIDNIGHT - 60 * DAY_NS),
]  # fmt: skip

Make = Callable[..., list[tuple[str, list[bytes]]]]
Add = Callable[[list[bytes]], None]


@pytest.fixture
def session_ids(make_sessions: Make, add_lines: Add) -> list[str]:
    """Twelve sessions of a week, the oldest first."""
    made = make_sessions(12, spans=10, spread_s=7 * 86_400, error_rate=0.3)
    add_lines([line for _, lines in made for line in lines])
    return [session_id for session_id, _ in made]


@pytest.fixture
def scattered(make_sessions: Make, add_lines: Add) -> None:
    """Six sessions of three months."""
    for _, lines in make_sessions(6, spans=6, spread_s=90 * 86_400):
        add_lines(lines)


def check(reader: Reader) -> None:
    """Compare what is remembered with what is counted."""
    for bounds in RANGES:
        assert reader.labels.over("", *bounds) == reader.labels.over(EVERYTHING, *bounds), bounds


@contextmanager
def counting(reader: Reader) -> Iterator[list[str]]:
    """What is asked of the table of labels meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "usage" in statement:
            asked.append(statement)

    with reader.connect() as connection:
        engine = connection.engine
    event.listen(engine, "after_cursor_execute", note)
    yield asked
    event.remove(engine, "after_cursor_execute", note)


def test_days_make_up_a_range(reader: Reader, session_ids: list[str]) -> None:
    """Whole days and parts of days, whichever were looked at before."""
    check(reader)
    check(reader)
    kinds = {kind for kind, _ in reader.labels.over("", None, None)}
    assert kinds == {"model", "tool", "agent", "error", "fingerprint"}


def test_what_is_written_and_deleted_later_counts(
    reader: Reader, store: Store, session_ids: list[str], make_sessions: Make, add_lines: Add
) -> None:
    """More sessions of the same days, a deleted one that is not the newest, and a day that is empty afterwards."""
    check(reader)
    for _, lines in make_sessions(2, seed=9, spans=10, spread_s=7 * 86_400):
        add_lines(lines)
    check(reader)
    assert store.delete_sessions("default", session_ids[3:4]) == session_ids[3:4]
    check(reader)
    store.delete_sessions("default", session_ids[7:])
    check(reader)


def test_days_that_stand_as_they_did_are_not_counted_again(
    reader: Reader, session_ids: list[str], make_sessions: Make, add_lines: Add
) -> None:
    """Nothing at first sight of what was seen; one stretch of one day where something was written."""
    with counting(reader) as asked:
        reader.labels.over("", None, None)
        assert len(asked) == 1
        reader.labels.over("", None, None)
        reader.labels.over("", MIDNIGHT - 4 * DAY_NS, MIDNIGHT)
        assert len(asked) == 1
        add_lines(make_sessions(1, seed=9, spans=10)[0][1])
        reader.labels.over("", None, None)
        assert len(asked) == 2


@pytest.mark.parametrize(("bound", "statements"), [("_MOST_DAYS", 2), ("_MOST_STRETCHES", 1)])
def test_days_without_end_are_not_asked_for_one_by_one(
    reader: Reader, scattered: None, monkeypatch: pytest.MonkeyPatch, bound: str, statements: int
) -> None:
    """Where programs say that their sessions began on more days than there can be, all are counted at once."""
    monkeypatch.setattr(label_sums, bound, 3)
    with counting(reader) as asked:
        found = reader.labels.over("", None, None)
        assert reader.labels.over("", None, None) == found
    assert len(asked) == statements
    assert found == reader.labels.over(EVERYTHING, None, None)
