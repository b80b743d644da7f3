"""Detached spans stand below a heading: a row in all that counts rows, and no span in anything that counts spans."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentops.cli import main
from agentops.semconv import Session as SessionName
from agentops.semconv import Span as SpanName
from agentops.semconv import State
from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span, new_segment_name
from agentops_dashboard.local import open_local
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.session_file import session_file
from agentops_dashboard.pages.tree_view import next_marked, tree_values
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.outline import DETACHED, Outline, TreeView
from tests.dashboard.test_derived import span

MORE: dict[str, Any] = {
    "preview": None, "error_type": None, "error_message": None, "cost_source": None, "cached_tokens": None,
    "cache_write_tokens": None, "reasoning_tokens": None, "provider": None, "origin": None, "attempt": None,
    "finish_reason": None,
}  # fmt: skip
ROOT = (
    span("root", None, "session", 0, 100),
    span("agent", "root", "agent", 1, 90),
    span("call", "agent", "llm", 2, 3, input_tokens=10),
)
LOST = (
    span("late", "gone", "agent", 50, 60),
    span("paid", "late", "tool", 51, 52, status="error"),
    span("said", "late", "llm", 53, 54, input_tokens=7, output_tokens=2, cost_nano=3_000_000_000),
    span("early", "lost", "tool", 5, 6),
)


def _outline(*rows: SimpleNamespace) -> Outline:
    return Outline.of("s", [SimpleNamespace(**(MORE | vars(row))) for row in rows])


@pytest.fixture
def outline() -> Outline:
    """A whole tree of three spans, and two detached spans, one of them with two below it."""
    return _outline(*LOST, *ROOT)


def _rows(outline: Outline, offset: int = 0, limit: int = 100, **view: Any) -> list[str]:
    """The rows of a window: dots for the levels above, the name, a sign where it is folded, and which of how many."""
    return [
        "".join([
            "." * (row["depth"] if "span" in row else 0),
            row["span"]["id"] if "span" in row else f"{row['detached']} detached, {row['descendants']} below",
            " +" if row["is_collapsed"] else "",
            f" {row['position'] + 1}/{row['siblings']}",
        ])
        for row in outline.rows(TreeView(**({"has_heading": True} | view)), offset, limit)
    ]  # fmt: skip


WHOLE = [
    "root 1/2", ".agent 1/1", "..call 1/1", "2 detached, 4 below 2/2", ".early 1/2", ".late 2/2", "..paid 1/2",
    "..said 2/2",
]  # fmt: skip


def test_they_stand_one_level_below_the_heading_in_windows_of_any_size(outline: Outline) -> None:
    """The windows join to the whole, which has a row more than there are spans."""
    assert _rows(outline) == WHOLE
    assert (len(outline.visible(TreeView(has_heading=True))), len(outline)) == (8, 7)
    for size in range(1, 9):
        windows = [_rows(outline, offset, size) for offset in range(0, 12, size)]
        assert [row for window in windows for row in window] == WHOLE


def test_rows_and_places_lead_to_one_another(outline: Outline) -> None:
    """Also where the heading, or what is above a place, is folded: there the row is the nearest one above."""
    whole = outline.visible(TreeView(has_heading=True))
    assert [whole.place_at(row) for row in range(8)] == [0, 1, 2, None, 3, 4, 5, 6]
    assert [whole.row_of(whole.place_at(row)) for row in range(8)] == list(range(8))
    folded = outline.visible(TreeView(has_heading=True, collapsed=frozenset({DETACHED, "agent"})))
    assert [folded.row_of(place) for place in [*range(7), None]] == [0, 1, 1, 2, 2, 2, 2, 2]
    assert [folded.place_at(row) for row in range(len(folded))] == [0, 1, None]


def test_the_heading_folds_as_a_span_does(outline: Outline) -> None:
    """By itself, by depth, and opened again below a depth; the sums are those of what is below it."""
    assert _rows(outline, collapsed=frozenset({DETACHED})) == [*WHOLE[:3], "2 detached, 4 below + 2/2"]
    assert _rows(outline, depth=1) == ["root + 1/2", "2 detached, 4 below + 2/2"]
    assert _rows(outline, depth=1, opened=frozenset({DETACHED})) == [
        "root + 1/2", "2 detached, 4 below 2/2", ".early + 1/2", ".late + 2/2",
    ]  # fmt: skip
    assert _rows(outline, depth=2)[2:] == ["2 detached, 4 below 2/2", ".early + 1/2", ".late + 2/2"]
    [heading] = [row for row in outline.rows(TreeView(has_heading=True), 0, 100) if "detached" in row]
    assert heading == {
        "detached": 2, "descendants": 4, "is_collapsed": False, "position": 1, "siblings": 2, "subtree_errors": 1,
        "subtree_tokens": 9, "subtree_cost": {"amount": 3.0, "currency": "USD", "source": None},
    }  # fmt: skip


def test_a_filter_keeps_the_heading_above_what_it_leaves(outline: Outline) -> None:
    """And none where no detached span is left; folded, it is there for what a filter would show below it."""
    assert _rows(outline, errors_only=True) == ["2 detached, 4 below 2/2", ".late 2/2", "..paid 1/2"]
    assert _rows(outline, errors_only=True, collapsed=frozenset({DETACHED})) == ["2 detached, 4 below + 2/2"]
    assert _rows(outline, find="call", hits_only=True) == WHOLE[:3]
    assert _rows(outline, find="no such", hits_only=True) == []


def test_there_is_no_heading_without_levels_or_unless_asked_for(outline: Outline) -> None:
    """Rows by start have no levels; who reads spans over the API gets spans and nothing else."""
    assert _rows(outline, is_by_start=True)[:3] == ["root 1/3", "agent 1/1", "call 1/1"]
    assert len(outline.visible(TreeView(has_heading=True, is_by_start=True))) == 7
    assert _rows(outline, has_heading=False)[3:5] == ["early 2/3", "late 3/3"]
    assert _rows(_outline(*ROOT)) == ["root 1/1", ".agent 1/1", "..call 1/1"]


def test_a_session_of_detached_spans_alone_begins_with_the_heading() -> None:
    """Its root was lost."""
    lost = _outline(*LOST)
    assert _rows(lost) == ["2 detached, 4 below 1/1", *WHOLE[4:]]
    folded = lost.visible(TreeView(has_heading=True, collapsed=frozenset({DETACHED})))
    assert (len(folded), folded.row_of(3)) == (1, 0)


def test_hits_are_rows_and_the_heading_is_none_of_them(outline: Outline) -> None:
    """Not even where its own word is looked for."""
    assert outline.visible(TreeView(has_heading=True, find="a")).hits == [1, 2, 4, 5, 6, 7]
    assert outline.visible(TreeView(has_heading=True, find="detached")).hits == []


def test_the_next_failure_is_found_from_the_heading_and_past_it(outline: Outline) -> None:
    """Whether the reader stands on it, before it, or it is folded away."""

    def found(**params: str) -> dict[str, Any]:
        return next_marked(Address("/sessions/s/next", params), outline)

    assert found(after="0") == found(after="3") == found(after="7") == {"row": 6, "span": None}
    assert found(after="3", collapsed=DETACHED) == {"row": None, "span": "paid"}
    assert found(after="3", what="hit", find="call") == {"row": 2, "span": None}
    assert found(after="3", what="hit", find="a", step="-1") == {"row": 2, "span": None}
    assert found(after="3", what="hit", find="a") == {"row": 4, "span": None}


def test_a_page_counts_it_as_a_row_and_not_as_a_span(outline: Outline) -> None:
    """Selected, it is among the rows that come with the page."""
    session: Any = {"state": State.SUCCESS, "start_ns": 0, "end_ns": 100_000_000}
    rows = [*ROOT, *(span(f"t{at}", "root", "tool", 10, 11) for at in range(150)), *LOST]
    values = tree_values(Address("/sessions/s", {"span": DETACHED}), session, _outline(*rows))
    assert (values["total_rows"], values["total_spans"]) == (158, 157)
    assert [at for at, row in enumerate(values["rows"], values["offset"]) if "detached" in row] == [153]


SESSION = "0" * 31 + "1"
START = 1_790_000_000_000_000_000


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A home directory with a session like the outline above."""
    monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "72")
    numbers = {row.span_id: f"{at:016x}" for at, row in enumerate((*ROOT, *LOST), 1)}
    spans = [
        encode_span(
            trace_id=SESSION, span_id=numbers[row.span_id], name=row.name, is_client=False,
            parent_id=row.parent_id and numbers.get(row.parent_id, "f" * 16),
            start_ns=START + row.start_ns, end_ns=START + row.end_ns, status_code=2 if row.status == "error" else 1,
                events=(), status_message="",
            attributes=encode_attributes({
                SpanName.KIND: row.kind, SpanName.STATUS: row.status, SpanName.SEQ: at, SpanName.VERSION: 2,
                SessionName.ID: SESSION, SessionName.STATE: State.SUCCESS if row.kind == "session" else None,
            }),
        )
        for at, row in enumerate((*LOST, *ROOT))
    ]  # fmt: skip
    spool = tmp_path / "spool" / "local"
    spool.mkdir(parents=True)
    line = encode_line(encode_resource({}), '{"name":"agentops"}', spans)
    (spool / new_segment_name("a" * 32)).write_bytes(line)
    with open_local() as local:
        yield local.reader


def _shown(capsysbinary: Any, *options: str) -> list[str]:
    """The tree that the command line prints."""
    assert main(["show", SESSION, *options]) == 0
    return capsysbinary.readouterr().out.decode().partition("\n\n")[2].splitlines()


def test_the_terminal_prints_the_heading_above_them(stored: Reader, capsysbinary: Any) -> None:
    """With ``--all`` too, which leaves no row over; folded by depth it says how many spans are below it."""
    whole = [
        "session root                                      100 ms",
        "└ agent agent                                      89 ms",
        "  └ llm call                                      1.0 ms",
        "Detached · 2 spans whose parents did not arrive",
        "├ tool early                                      1.0 ms",
        "└ agent late                                       10 ms",
        "  ├ tool paid ✗                                   1.0 ms",
        "  └ llm said                                      1.0 ms",
    ]
    assert _shown(capsysbinary) == _shown(capsysbinary, "--all") == whole
    assert _shown(capsysbinary, "--errors") == [whole[3], whole[5], whole[6]]
    assert _shown(capsysbinary, "--depth", "1") == [
        "session root +2                                   100 ms",
        "Detached · 2 spans whose parents did not arrive +4",
    ]


def test_a_file_has_the_heading_and_every_span(stored: Reader) -> None:
    """Who opens it finds the same tree; it closes what it opens."""
    session = stored.session(SESSION)
    assert session is not None
    html = session_file(stored, session)
    levels, found = 0, []
    for part in re.findall(r'<details class="fspan"[^>]*><summary>.*?</summary>|<details|</details>', html, re.DOTALL):
        if part.startswith("<details class"):
            found.append("." * levels + " ".join(re.findall(r"<b[^>]*>(\w+)</b>", part)))
        levels += -1 if part == "</details>" else 1
    assert found == ["root", ".agent", "..call", "Detached", ".early", ".late", "..paid", "..said"]
    assert levels == 0
    assert "2 spans whose parents did not arrive" in html


def test_what_programs_read_has_spans_alone(stored: Reader) -> None:
    """The tree over the API, all spans, and the export: seven of each, and how many of them are detached."""
    window = stored.rows(SESSION)
    assert (window["total"], window["spans"], window["detached"]) == (7, 7, 2)
    assert all("span" in row for row in window["rows"])
    assert len(stored.spans(SESSION)) == 7
    session = stored.session(SESSION)
    assert session is not None
    assert session["counts"]["spans"] == 7
