"""Timeline, conversation, comparison and exports, over real stores."""

import csv
import io
import json
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import pytest

from agentops.semconv import SpanKind
from agentops_dashboard.derived.model_calls import with_calls
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.at_once import at_once
from agentops_dashboard.pages.compare_page import _values as compare_values
from agentops_dashboard.pages.compare_page import align
from agentops_dashboard.pages.conversation import conversation
from agentops_dashboard.pages.export import csv_lines, json_text
from agentops_dashboard.pages.lanes import arrows, lanes_by_agent, lanes_by_kind
from agentops_dashboard.pages.logs_view import logs_view
from agentops_dashboard.pages.sequence import sequence
from agentops_dashboard.pages.session_views import errors_view
from agentops_dashboard.pages.span_detail import costs_by_class
from agentops_dashboard.pages.span_reasons import reasons_of
from agentops_dashboard.pages.time_range import chosen_range
from agentops_dashboard.pages.timeline import (
    WIDTH,
    Scale,
    cost_curve,
    critical_path,
    gaps_in,
    moments,
    overview,
    ruler,
    scale_of,
    zoom_of,
)
from agentops_dashboard.pages.tree_view import reaching, view_of
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.outline import Outline, TreeView
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.transfer import sessions_of

Make = Callable[..., list[tuple[str, list[bytes]]]]
Add = Callable[[list[bytes]], None]
SECOND = 1_000_000_000


@pytest.fixture
def session_id(make_sessions: Make, add_lines: Add) -> str:
    """One generated session of some 40 spans."""
    found, lines = make_sessions(1, seed=3, spans=40)[0]
    add_lines(lines)
    return found


def test_as_many_errors_are_shown_as_the_session_counts(reader: Reader, make_sessions: Make, add_lines: Add) -> None:
    """An error counts where it began, however many spans passed it on; swallowed ones are a group of their own."""
    for _, lines in make_sessions(12, seed=5, spans=40, error_rate=0.3):
        add_lines(lines)
    sessions = reader.sessions(limit=20)["sessions"]
    assert sum(session["counts"]["errors"] for session in sessions) > 12
    for session in sessions:
        groups = errors_view(session, reader.outlines.of(session["id"]))["error_groups"]
        raised = sum(group["count"] for group in groups if not group["is_swallowed"])
        swallowed = sum(group["count"] for group in groups if group["is_swallowed"])
        assert (raised, swallowed) == (session["counts"]["errors"], session["counts"]["swallowed"])


def test_a_scale_maps_both_ways() -> None:
    """Start is 0, end is the width, and a moment comes back from its place."""
    scale = Scale(0, 100 * SECOND)
    assert [scale.x(0), scale.x(50 * SECOND), scale.x(100 * SECOND)] == [0, WIDTH / 2, WIDTH]
    assert scale.moment(250) == pytest.approx(25 * SECOND)


def test_a_gap_is_short_however_long_it_lasts() -> None:
    """Times before and after keep their order, and what lies in the gap stays in it."""
    scale = Scale(0, 100 * SECOND, ((10 * SECOND, 90 * SECOND),))
    places = [scale.x(at * SECOND) for at in (0, 10, 50, 90, 100)]
    assert places == sorted(places)
    assert places[3] - places[1] == pytest.approx(18)
    assert places[0] == 0
    assert places[4] == pytest.approx(WIDTH)


def test_logs_come_in_the_order_of_time(reader: Reader, session_id: str) -> None:
    """Every exception of the session is an entry with its type and message, once, whichever span it came from."""
    session = reader.session(session_id)
    assert session is not None
    found = logs_view(reader, session, reader.outlines.of(session_id), 0)
    times = [entry["time_ns"] for entry in found["entries"]]
    failed = [span for span in reader.spans(session_id) if span["events"]]
    assert times == sorted(times)
    assert len(times) == sum(len(span["events"]) for span in failed) > 0
    assert {entry["span"]["id"] for entry in found["entries"]} == {span["id"] for span in failed}
    assert all(entry["text"].startswith(f"{entry['facts'][0][1]}: ") for entry in found["entries"])
    assert found["next_offset"] is None


def test_a_span_says_why_it_is_here(reader: Reader, session_id: str) -> None:
    """Who recorded it, by which convention; a foreign span names its scope, a cut one what became of it."""
    session, outline = reader.session(session_id), reader.outlines.of(session_id)
    assert session is not None
    span = reader.spans(session_id)[1]
    assert reasons_of(session, outline, span, 1) == [
        "Recorded by the langchain integration.", "Understood as: agentops.",
    ]  # fmt: skip
    span |= {"seq": None, "origin": "their.scope", "status": "unfinished"}
    span["attributes"] = {"gen_ai.system": "x", "agentops.span.outlived_parent": True}
    assert reasons_of(session, outline, span, 1) == [
        "An OpenTelemetry span of the scope their.scope.",
        "Understood as: OpenTelemetry GenAI, AgentOps.",
        "It went on after its parent had ended; its own times are kept.",
        "It was still open when its session ended, and was closed then.",
    ]


def test_the_cost_of_a_call_is_shared_out_among_its_tokens(reader: Reader, session_id: str) -> None:
    """By today's prices the classes of tokens make up the cost that was recorded; of another cost nothing is said."""
    span = next(span for span in reader.spans(session_id) if span["cost"])
    costs = costs_by_class(span, Prices())
    assert set(costs) == {"input", "cached", "cache_write", "output"}
    assert sum(costs.values()) == pytest.approx(span["cost"]["amount"], abs=1e-9)
    span["cost"]["amount"] += 1
    assert costs_by_class(span, Prices()) == {}


def _tree(*rows: tuple[object, ...], failed: str = "", is_open: str = "") -> Outline:
    """An outline of rows ``(id, parent, kind, start, end, agent)``, in seconds; of which one failed or goes on."""
    return Outline.of("s", [
        SimpleNamespace(
            trace_id="t", span_id=name, parent_id=parent, kind=kind, name=name, seq=0, agent=agent, tool=None,
            status="error" if name == failed else "ok", start_ns=start * SECOND,
            end_ns=None if name == is_open else end * SECOND, model=None, provider=None, origin=None,
            input_tokens=100 if kind == "llm" else None, output_tokens=None, cached_tokens=None,
            cache_write_tokens=None, reasoning_tokens=None, cost_nano=2 * SECOND if kind == "llm" else None,
            cost_source=None, attempt=None, finish_reason=None, swallowed=None, call_hash=None, first_token_ns=None,
            preview=None, error_type=None, error_message=None,
        )
        for name, parent, kind, start, end, agent in rows
    ])  # fmt: skip


CREW = (
    ("root", None, "session", 0, 100, None),
    ("boss", "root", "agent", 0, 40, "boss"),
    ("plan", "boss", "llm", 0, 10, None),
    ("helper", "boss", "agent", 10, 40, "helper"),
    ("t1", "helper", "tool", 10, 20, None),
    ("t2", "helper", "tool", 15, 30, None),
    ("t3", "helper", "tool", 30, 40, None),
    ("ask", "root", "human", 40, 80, None),
    ("last", "root", "agent", 80, 100, "last"),
    ("sum", "last", "llm", 80, 100, None),
)


def test_arrows_go_from_giver_to_taker() -> None:
    """The helper got its work from the boss around it, the last agent took over from the one before it."""
    outline = _tree(*CREW)
    lanes = ["boss", "helper", "last"]
    found = arrows(outline, scale_of(outline, has_gaps=False), lanes)
    assert [(arrow["title"], arrow["x"], arrow["start"], arrow["end"], arrow["is_next"]) for arrow in found] == [
        ("boss → helper", 100.0, 0, 1, False),
        ("boss → last", 800.0, 0, 2, True),
    ]


def test_agents_as_a_sequence() -> None:
    """Calls, the answer to the agent around, and the hand-off to the next one, in the order of time."""
    outline = _tree(*CREW)
    found = sequence(outline)
    assert found is not None
    assert [line["name"] for line in found["lines"]] == ["root", "boss", "helper", "last"]
    assert [(one["title"], one["is_answer"], one["is_next"]) for one in found["messages"]] == [
        ("boss is called by root, after 0 ms", False, False),
        ("helper is called by boss, after 10.0 s", False, False),
        ("helper answers boss, after 40.0 s", True, False),
        ("last takes over from boss, after 1m 20s", False, True),
        ("last answers root, after 1m 40s", True, False),
    ]
    x = {line["name"]: line["x"] for line in found["lines"]}
    assert [(one["x1"], one["x2"]) for one in found["messages"]] == [
        (x[a], x[b])
        for a, b in (("root", "boss"), ("boss", "helper"), ("helper", "boss"), ("boss", "last"), ("last", "root"))
    ]
    y = [one["y"] for one in found["messages"]]
    assert y == sorted(set(y))
    bars = [(bar["x"], bar["y1"], bar["y2"]) for bar in found["bars"]]
    assert bars == [(x["boss"], y[0], y[3]), (x["helper"], y[1], y[2]), (x["last"], y[3], y[4])]
    assert found["left_out"] == 0


def test_a_sequence_of_very_many_runs_says_what_it_leaves_out() -> None:
    """Sixty runs are drawn, of at most ten agents; a session without agents has no sequence."""
    runs = [(f"a{n}", "root", "agent", n, n + 1, f"agent {n % 12}") for n in range(200)]
    found = sequence(_tree(("root", None, "session", 0, 200, None), *runs))
    assert found is not None
    assert len(found["lines"]) == 11
    assert sum(not one["is_answer"] for one in found["messages"]) == 60
    assert found["left_out"] == 140
    assert sequence(_tree(("root", None, "session", 0, 9, None))) is None


def test_what_failed_or_runs_again_hands_nothing_over() -> None:
    """A failed run answers who called it, and the run after it is called anew, as is a second run of one agent."""
    outline = _tree(
        ("root", None, "session", 0, 9, None), ("a", "root", "agent", 1, 2, "a"), ("b", "root", "agent", 3, 4, "b"),
        ("c", "root", "agent", 5, 6, "b"), failed="a",
    )  # fmt: skip
    found = sequence(outline)
    assert found is not None
    assert [(one["title"].partition(",")[0], one["is_failed"]) for one in found["messages"]] == [
        ("a is called by root", False), ("a answers root", True), ("b is called by root", False),
        ("b answers root", False), ("b is called by root", False), ("b answers root", False),
    ]  # fmt: skip


def test_an_agent_that_calls_itself_answers_itself() -> None:
    """Such a message begins and ends at one lifeline; a run that still goes on has no answer."""
    outline = _tree(
        ("root", None, "session", 0, 9, None), ("a", "root", "agent", 1, 9, "a"), ("b", "a", "agent", 2, 3, "a"),
        is_open="a",
    )  # fmt: skip
    found = sequence(outline)
    assert found is not None
    assert [(one["x1"] == one["x2"], one["is_answer"]) for one in found["messages"]] == [
        (False, False), (True, False), (True, True),
    ]  # fmt: skip


def test_a_lane_per_kind_has_every_span_but_the_session() -> None:
    """Lanes are in the order of the kinds, and their spans sum up to the session's."""
    outline = _tree(*CREW)
    found = lanes_by_kind(outline, scale_of(outline, has_gaps=False))
    assert {lane["name"]: lane["calls"] for lane in found} == {"Agent": 3, "LLM": 2, "Tool": 3, "Human wait": 1}
    assert [lane["kind"] for lane in found] == ["agent", "llm", "tool", "human"]


def test_a_crowded_lane_is_drawn_as_few_bars() -> None:
    """Calls less than a unit apart become one bar that says how many it is; failed ones stay apart; none is lost."""
    calls = [(f"c{n}", "root", "tool", n, n + 1, None) for n in range(5000)]
    outline = _tree(("root", None, "session", 0, 5000, None), *calls, failed="c99")
    lane = lanes_by_kind(outline, scale_of(outline, has_gaps=False))[0]
    assert (lane["calls"], lane["errors"]) == (5000, 1)
    assert sorted(bar["count"] for bar in lane["bars"]) == [1, 4999]
    assert sum(bar["is_failed"] for bar in lane["bars"]) == 1


def test_spans_beside_each_other_are_parallel_and_those_in_turn_are_not() -> None:
    """Overlapping siblings hold each other; one that begins when the other ends does not overlap it."""
    outline = _tree(*CREW)
    assert {row.span_id for place, row in enumerate(outline.order) if outline.is_parallel(place)} == {"t1", "t2"}


def test_what_was_spent_grows_to_the_whole() -> None:
    """The curve begins at nothing and ends at the session's cost; each call has its input tokens beside it."""
    outline = _tree(*CREW)
    curve = cost_curve(outline, scale_of(outline, has_gaps=False))
    assert curve is not None
    assert curve["cost"] == "M0.00 30.00H100.00V16.50H1000.00V3.00H1000.00V3.00"
    assert (curve["total"], curve["most"], curve["context"]) == (4.0, 100, [(0.0, 3.0), (800.0, 3.0)])
    assert cost_curve(_tree(CREW[0]), scale_of(outline, has_gaps=False)) is None


def test_as_many_ran_at_once_as_overlap() -> None:
    """Two tools from second 15 to 20; calls in turn are not at once, and one that took no time is one."""
    outline = _tree(*CREW, ("blink", "root", "llm", 90, 90, None))
    scale = scale_of(outline, has_gaps=False)
    found = at_once(outline, scale, (0.0, WIDTH))
    assert found is not None
    assert found["most"] == {"llm": 2, "tool": 2}
    pairs = found["levels"].split(" ")
    # 240 parts of 100 seconds: the first tool begins with part 24, the second with 36, the first ends with 47.
    assert (pairs[23], pairs[24], pairs[35], pairs[36], pairs[47], pairs[48]) == (
        "1.0",
        "0.1",
        "0.1",
        "0.2",
        "0.2",
        "0.1",
    )
    assert (pairs[95], pairs[96], pairs[191], pairs[192], pairs[216]) == ("0.1", "0.0", "0.0", "1.0", "2.0")
    assert found["tool"].startswith("M0 14V14H24V21H36V28H48V21H96V14H240")
    near = at_once(outline, scale, (150.0, 200.0))
    assert near is not None
    assert set(near["levels"].split(" ")) == {"0.2"}
    assert at_once(_tree(*CREW[:3]), scale, (0.0, WIDTH)) is None


def test_leaving_gaps_out_moves_what_ran_at_once() -> None:
    """The wait of 40 seconds is 18 units; what comes after it begins that much earlier."""
    outline = _tree(*CREW)
    scale = scale_of(outline, has_gaps=True)
    found = at_once(outline, scale, (0.0, WIDTH))
    assert found is not None
    first = int(scale.x(80 * SECOND) / WIDTH * 240)
    assert found["levels"].split(" ")[first - 1 : first + 2] == ["0.0", "1.0", "1.0"]


def test_playback_steps_where_something_begins() -> None:
    """Each beginning once, in order."""
    outline = _tree(*CREW)
    assert moments(outline, scale_of(outline, has_gaps=False)) == [0.0, 100.0, 150.0, 300.0, 400.0, 800.0]


def test_what_is_running_grows_up_to_now() -> None:
    """The scale of a running session ends now, whatever was drawn before; what has ended keeps its share of it."""
    outline = _tree(*CREW, is_open=str(CREW[-1][0]))
    before = scale_of(outline, has_gaps=False)
    assert (before.last_ns, overview(outline, before)["peak"]) == (100 * SECOND, 2.0)
    scale = scale_of(outline, has_gaps=False, now_ns=200 * SECOND)
    assert (scale.last_ns, scale.x(100 * SECOND)) == (200 * SECOND, WIDTH / 2)
    assert max(bar["x"] for bar in overview(outline, scale)["bars"] if bar["tone"] == "llm") == WIDTH - 5
    found = at_once(outline, scale, (0.0, WIDTH))
    assert found is not None
    assert found["levels"].split(" ")[-1] == "1.0"
    assert moments(outline, scale) == [0.0, 50.0, 75.0, 150.0, 200.0, 400.0]
    assert scale_of(outline, has_gaps=False, now_ns=50 * SECOND) == before


def test_waiting_for_a_person_is_a_gap_of_known_length() -> None:
    """The 40 seconds in which nothing was at work are left out, and said."""
    gaps = gaps_in(scale_of(_tree(*CREW), has_gaps=True))
    assert [(gap["text"], round(gap["x2"] - gap["x1"])) for gap in gaps] == [("40.0 s", 18)]


def test_children_come_two_hundred_at_a_time() -> None:
    """The rest is counted at the last one shown; a search shows all; a selected child far down is within reach."""
    rows = [("root", None, "session", 0, 999, None), *((f"c{n}", "root", "tool", n, n + 1, None) for n in range(450))]
    outline = _tree(*rows)
    address = Address("/s")

    def shown(address: Address) -> tuple[int, list[int]]:
        view = view_of(address)
        return len(outline.visible(view).places), [
            row["cut_after"] for row in outline.rows(view, 0, 999) if row["cut_after"]
        ]

    assert shown(address) == (201, [250])
    assert shown(Address("/s", {"more": "root.400"})) == (401, [50])
    assert shown(Address("/s", {"more": "root.600"})) == (451, [])
    assert shown(Address("/s", {"find": "c449"})) == (451, [])
    assert shown(Address("/s", {"kinds": "tool"})) == (451, [])
    assert reaching(Address("/s", {"span": "c3"}), outline).params == {"span": "c3"}
    assert reaching(Address("/s", {"span": "c420"}), outline).params == {"span": "c420", "more": "root.600"}


def test_rows_by_start_are_flat_and_in_order() -> None:
    """Nothing is left out, nothing is indented, and a place is found again at its row."""
    outline = _tree(*CREW)
    visible = outline.visible(TreeView(is_by_start=True))
    assert [outline.order[place].span_id for place in visible.places] == [
        "root", "boss", "plan", "helper", "t1", "t2", "t3", "ask", "last", "sum",
    ]  # fmt: skip
    assert set(visible.depths) == {0}
    assert visible.row_of(outline.places["ask"]) == 7


def test_ticks_are_round_and_in_sight() -> None:
    """Steps are of 1, 2, 5 and of whole minutes, at most nine of them."""
    ticks = ruler(Scale(0, 95 * SECOND), (0.0, WIDTH))
    assert [tick["text"] for tick in ticks] == ["0", "15 s", "30 s", "45 s", "1m", "1m 15s", "1m 30s"]
    hours = ruler(Scale(0, 3 * 3600 * SECOND), (0.0, WIDTH))
    assert [tick["text"] for tick in hours] == ["0", "30m", "1h", "1h 30m", "2h", "2h 30m", "3h"]
    assert all(0 <= tick["share"] <= 1 for tick in ticks)


@pytest.mark.parametrize(
    ("seconds", "zoom", "texts"),
    [
        (40, (250.0, 255.0), ["10.00 s", "10.05 s", "10.10 s"]),
        (40, (250.0, 250.1), ["10.0000 s", "10.0005 s", "10.0010 s"]),
        (100, (900.0, 903.0), ["1m 30.00s", "1m 30.05s", "1m 30.10s"]),
        (1, (0.0, 100.0), ["0", "20 ms", "40 ms"]),
        (1, (0.0, 0.5), ["0", "100 µs", "200 µs"]),
    ],
)
def test_no_two_ticks_read_the_same(seconds: int, zoom: tuple[float, float], texts: list[str]) -> None:
    """However far one has zoomed in, a tick has the digits in which it differs from the next one."""
    found = [tick["text"] for tick in ruler(Scale(0, seconds * SECOND), zoom)]
    assert found[:3] == texts
    assert len(set(found)) == len(found) > 3


@pytest.mark.parametrize("text", ["", "x", "5-3", "-", "nan-nan", "1e400-2", "0-1000"])
def test_a_senseless_zoom_shows_everything(text: str) -> None:
    """An address that somebody broke by hand still shows the session."""
    assert zoom_of(Address("/", {"zoom": text})) == (0.0, WIDTH)


def test_the_critical_path_reaches_from_the_root_to_what_ended_last(reader: Reader, session_id: str) -> None:
    """It holds the root, whole branches only, and never two spans that ran side by side."""
    outline = reader.outlines.of(session_id)
    path = critical_path(outline)
    order = outline.order
    assert order[0].span_id in path
    for place, row in enumerate(order):
        if row.span_id in path and outline.parents[place] >= 0:
            assert order[outline.parents[place]].span_id in path
    tools = sorted((r.start_ns, r.end_ns) for r in order if r.span_id in path and r.kind == SpanKind.TOOL)
    assert all(before[1] <= after[0] for before, after in pairwise(tools))


def test_lanes_hold_every_call_once(reader: Reader, session_id: str) -> None:
    """The lanes' calls add up to the session's."""
    outline = reader.outlines.of(session_id)
    counts = reader.session(session_id)
    assert counts is not None
    calls = sum(lane["calls"] for lane in lanes_by_agent(outline, scale_of(outline, has_gaps=False)))
    assert calls == counts["counts"]["llm"] + counts["counts"]["tools"]


def test_a_conversation_says_everything_once(reader: Reader, session_id: str) -> None:
    """Each model call sends the history again; the question, the instructions and each answer are shown one time."""
    outline = reader.outlines.of(session_id)
    steps = conversation(reader.outlines, outline, 0)["steps"]
    counts = reader.session(session_id)
    assert counts is not None
    agents = [step for step in steps if step.kind == "agent"]
    answers = [step for step in steps if step.message and step.message.role == "assistant"]
    questions = [step for step in steps if step.message and step.message.role == "user"]
    instructions = [step for step in steps if step.is_system]
    assert len(agents) == counts["counts"]["agents"] == len(instructions) == len(questions)
    assert len(answers) == counts["counts"]["llm"]
    assert sum(step.kind == "call" for step in steps) == counts["counts"]["tools"]


def test_a_session_does_not_part_from_itself(reader: Reader, make_sessions: Make, add_lines: Add) -> None:
    """Aligned with itself everything is alike; with another session the first difference is marked once."""
    (one, lines), (two, more) = make_sessions(2, seed=5, spans=20)
    add_lines([*lines, *more])
    first, second = reader.outlines.of(one), reader.outlines.of(two)
    assert all(pair.is_same for pair in align(first, first))
    pairs = align(first, second)
    assert sum(pair.is_first_difference for pair in pairs) == 1
    assert [pair.left for pair in pairs if pair.left is not None] == list(range(len(first)))
    assert [pair.right for pair in pairs if pair.right is not None] == list(range(len(second)))


def test_each_step_says_what_changed_with_all_below_it(reader: Reader, make_sessions: Make, add_lines: Add) -> None:
    """Time, tokens and cost of the sessions as a whole stand in the first row; nothing where there is no change."""
    (one, lines), (two, more) = make_sessions(2, seed=5, spans=20)
    add_lines([*lines, *more])
    left, right = reader.session(one), reader.session(two)
    assert left is not None
    assert right is not None
    compared = compare_values(reader, left, right)
    figures = {figure["label"]: (figure["change"] or "").partition(" (")[0] for figure in compared["figures"]}
    assert compared["rows"][0]["changes"] == [figures[label] for label in ("Duration", "Tokens", "Cost")]
    assert all(figures[label] for label in ("Duration", "Tokens", "Cost"))
    assert {row["changes"][1] for row in compared["rows"] if not (row["left"] and row["right"])} == {""}
    alike = compare_values(reader, left, left)
    assert {tuple(row["changes"]) for row in alike["rows"]} == {("", "", "")}


def test_exports_hold_every_session(reader: Reader, make_sessions: Make, add_lines: Add) -> None:
    """CSV and JSON have one entry per session, and a formula is defused for spreadsheets."""
    for _, lines in make_sessions(7, spans=5):
        add_lines(lines)
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(with_calls(reader, sessions_of(reader, "")))))))
    data = json.loads("".join(json_text(with_calls(reader, sessions_of(reader, "")))))
    assert [row["id"] for row in rows] == [session["id"] for session in data["sessions"]]
    assert len(rows) == 7
    evil = {**data["sessions"][0], "name": "=HYPERLINK(1)"}
    assert next(csv.DictReader(io.StringIO("".join(csv_lines([evil])))))["name"] == "'=HYPERLINK(1)"


def test_a_range_is_read_from_the_address() -> None:
    """Named ranges count back from now; from and to take RFC 3339 and nanoseconds; nonsense means everything."""
    now = 1_000_000 * SECOND
    assert chosen_range(Address("/", {"range": "1h"}), now).since_ns == now - 3600 * SECOND
    custom = chosen_range(Address("/", {"from": "2025-01-01T00:00:00Z", "to": str(now)}), now)
    assert (custom.key, custom.since_ns, custom.until_ns) == ("custom", 1_735_689_600 * SECOND, now)
    for nonsense in ("x", "99y", "9" * 400):
        assert chosen_range(Address("/", {"range": nonsense, "from": "nonsense"}), now).key == "all"
