"""Lists, facets, histogram and trees agree with each other and with the spans."""

import itertools
import math
from collections import Counter

import pytest
from sqlalchemy import event

from agentops_dashboard.derived import first_answer, model_calls
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Reader, activity
from agentops_dashboard.reader.activity import SLICES
from agentops_dashboard.reader.listing import SORT_KEYS
from agentops_dashboard.reader.outline import TreeView
from agentops_dashboard.semantics import RawSpan, understand
from tests.dashboard.conftest import add_to, add_together, generate

QUERIES = (
    "", "status:error", "-status:error", "tag:production", "-tag:production", "tag:(beta OR nightly)", "cost:>0.05",
    "errors:>=1 tokens:<100k", "tool:search_web", "agent:sup*", "model:gpt-4o -model:gpt-4o-mini",
    "user:user-17 or user:user-204",
    "metadata.region:eu", "metadata.build:110", "has:error", "-has:user", "is:complete",
    "count(tool)>5", "any(tool:refund_order status:error)", "any(kind:llm duration:>2s)", "error:TimeoutError",
    'fingerprint:"RateLimitError: #: too many requests, retry after # s"', "any(error.fingerprint:TimeoutError*)",
    "name:support",
    "release:1.5.0", "-release:1.5.0", "turns:>=1", "is:bookmarked", "score:up", "has:note",
    "duration:>30s", "framework:langgraph", "invoices", '"agent looked"', "env:production", "swallowed:>0",
)  # fmt: skip


@pytest.fixture(scope="module")
def filled(open_empty):
    """A reader of a store with sixty sessions of many sorts."""
    store = open_empty(None)
    profile = generate.Profile(spans=18, error_rate=0.15, end_ns=1_760_000_000_000_000_000)
    sessions = list(generate.Generator(5, profile).sessions(57))
    sessions += generate.Generator(6, profile).sessions(3, state="running")
    add_together(store, [line for _, lines in sessions for line in lines])
    _annotate(store, [session_id for session_id, _ in sessions])
    reader = Reader(store.engine())
    yield reader
    reader.close()


def _annotate(store, ids):
    """Every fifth is bookmarked, some are scored, one of each is taken back; a span's score is not its session's."""
    for place, session_id in enumerate(ids):
        if place % 5 == 0:
            store.annotate("default", session_id, span_id="", name="bookmark", value="yes")
        if place % 7 == 0:
            store.annotate("default", session_id, span_id="", name="score", value="down" if place % 2 else "up")
    store.annotate("default", ids[0], span_id="", name="bookmark", value=None)
    store.annotate("default", ids[7], span_id="", name="score", value=None)
    store.annotate("default", ids[1], span_id="1" * 16, name="score", value="down")
    store.annotate("default", ids[2], span_id="", name="note", value="look at this one")


@pytest.fixture(scope="module")
def everything(filled):
    """All of its sessions."""
    return _all(filled, "", limit=100)


@pytest.fixture(scope="module")
def spans_of(filled, everything):
    """The spans of each session by its id."""
    return {session["id"]: filled.spans(session["id"], with_payloads=False) for session in everything}


def _all(reader, query, limit=7, **options):
    cursor, found = None, []
    while True:
        page = reader.sessions(query, cursor=cursor, limit=limit, **options)
        found += page["sessions"]
        cursor = page["next_cursor"]
        if cursor is None:
            assert page["total"] == len(found)
            return found


@pytest.mark.parametrize("query", QUERIES)
def test_list_facets_and_histogram_count_the_same(filled, query):
    """For each filter: the list's total, its pages, each facet that every session has, and the bars add up alike."""
    found = _all(filled, query)
    facets = {facet["key"]: facet["values"] for facet in filled.facets(query)}
    assert sum(value["count"] for value in facets["release"]) == len(found)
    assert sum(value["count"] for value in facets["status"]) == len(found)
    assert sum(value["count"] for value in facets["environment"]) == len(found)
    assert sum(bar["total"] for bar in filled.histogram(query)) == len(found)
    assert sum(sum(bar["states"].values()) for bar in filled.histogram(query)) == len(found)
    assert len({session["id"] for session in found}) == len(found)


@pytest.mark.parametrize("query", [query for query in QUERIES if query and " or " not in query and " " not in query])
def test_a_filter_and_its_negation_share_out_all_sessions(filled, query):
    """Whoever does not fit a filter fits its negation, also where a value is unknown."""
    fits = {session["id"] for session in _all(filled, query, limit=100)}
    others = {session["id"] for session in _all(filled, f"not ({query})", limit=100)}
    assert not fits & others
    assert len(fits | others) == 60


@pytest.mark.parametrize(("query", "fits"), [
    ("status:error", lambda s: s["state"] == "error"),
    ("status:abandoned", lambda s: s["state"] == "abandoned"),
    ("tag:production", lambda s: "production" in s["tags"]),
    ("cost:>0.05", lambda s: s["cost"] is not None and s["cost"]["amount"] > 0.05),
    ("tokens:<20k", lambda s: s["tokens"]["total"] < 20_000),
    ("errors:>=1", lambda s: s["counts"]["errors"] >= 1),
    ("duration:>30s", lambda s: s["state"] != "abandoned" and s["duration_ms"] > 30_000),
    ("metadata.region:eu", lambda s: s["metadata"]["region"] == "eu"),
    ("metadata.build:110", lambda s: s["metadata"]["build"] == 110),
    ("-has:user", lambda s: s["user"] is None),
    ("release:1.5.0", lambda s: s["release"] == "1.5.0"),
    ("env:staging", lambda s: s["environment"] == "staging"),
    ("is:bookmarked", lambda s: s["bookmarked"]),
    ("score:down", lambda s: s["score"] == "down"),
    ("has:score", lambda s: s["score"] is not None),
    ("has:note", lambda s: s["note"] is not None),
    ("is:incomplete", lambda s: not s["complete"]),
])  # fmt: skip
def test_a_filter_finds_what_its_words_say(filled, everything, query, fits):
    """The filter's answer is the same as looking at each session by hand, and neither none nor all."""
    expected = {session["id"] for session in everything if fits(session)}
    assert {session["id"] for session in _all(filled, query, limit=100)} == expected
    assert 0 < len(expected) < 60


@pytest.mark.parametrize(("query", "fits"), [
    ("any(tool:refund_order status:error)", lambda s: s["tool"] == "refund_order" and s["status"] == "error"),
    ("any(kind:llm duration:>3s)", lambda s: s["kind"] == "llm" and s["end_ns"] - s["start_ns"] > 3_000_000_000),
    ("tool:run_sql", lambda s: s["tool"] == "run_sql"),
    ("error:TimeoutError", lambda s: s["error"] is not None and s["error"]["type"] == "TimeoutError"),
    ("model:house-7b", lambda s: s["model"] == "house-7b"),
])  # fmt: skip
def test_a_filter_over_the_tree_finds_what_the_spans_say(filled, spans_of, query, fits):
    """Conditions on spans agree with the spans themselves."""
    expected = {session_id for session_id, spans in spans_of.items() if any(fits(span) for span in spans)}
    assert {session["id"] for session in _all(filled, query, limit=100)} == expected
    assert 0 < len(expected) < 60


def test_a_tool_without_a_name_of_its_own_goes_by_its_spans(store, reader):
    """The list by tool, ``any(tool:…)`` with other conditions and without, and counts all mean the same calls."""
    for number, (kind, attributes, failed) in enumerate(
        [("tool", {}, True), ("tool", {"gen_ai.tool.name": "grep"}, True), ("tool", {}, False), ("task", {}, True)], 1
    ):
        raw = RawSpan(
            trace_id=f"{number:032x}", span_id=f"{number:016x}", parent_id=None, name="grep", otlp_kind=1, start_ns=1,
            end_ns=3_000_000_000, attributes={"agentops.span.kind": kind, "agentops.span.seq": 1, **attributes},
            events=[], links=[], status_code=2 if failed else 1, status_message="", resource={}, scope="",
        )  # fmt: skip
        store.add("default", [understand(raw)])
    calls = {f"{number:032x}" for number in (1, 2, 3)}
    for query in ("tool:grep", "any(tool:grep)", "count(tool:grep)>0", "any(tool:grep duration:>1s)", "any(tool:gr*)"):
        assert {session["id"] for session in _all(reader, query)} == calls, query
    for query in ("any(tool:grep status:error)", "any(status:error tool:grep duration:>1s)"):
        assert {session["id"] for session in _all(reader, query)} == calls - {f"{3:032x}"}, query


@pytest.mark.parametrize("query", ["", "status:success", "any(tool:run_sql)", "duration:>100d"])
def test_the_total_is_the_same_on_every_page(filled, query):
    """It counts what fits, not what a page holds or what lies behind its cursor."""
    everything = _all(filled, query)
    first = filled.sessions(query, limit=2)
    pages = [first, filled.sessions(query, limit=0)]
    if first["next_cursor"]:
        pages.append(filled.sessions(query, limit=2, cursor=first["next_cursor"]))
    assert {page["total"] for page in pages} == {len(everything)}


@pytest.mark.parametrize("sort", [sign + key for sign in ("", "-") for key in SORT_KEYS])
def test_pages_in_every_order_show_each_session_once_unknown_values_last(filled, sort):
    """Keyset paging neither repeats nor skips, whatever the order."""
    found = _all(filled, "", sort=sort)
    assert len({session["id"] for session in found}) == 60
    values = {
        "cost": lambda s: s["cost"] and s["cost"]["amount"],
        "user": lambda s: s["user"],
        "duration": lambda s: None if s["state"] == "abandoned" else s["duration_ms"],
    }.get(sort.lstrip("-"))
    if values:
        given = [values(session) for session in found]
        known = list(itertools.takewhile(lambda value: value is not None, given))
        assert all(value is None for value in given[len(known) :])
        assert known == sorted(known, reverse=sort.startswith("-"))


def test_numbers_beyond_the_database_are_answered(filled):
    """The year 1 and 10^21 tokens are no errors of ours."""
    assert filled.sessions("start:>0001-01-01")["total"] == 60
    assert filled.sessions("start:<9999-12-31")["total"] == 60
    with pytest.raises(QueryError, match="tokens needs a value"):
        filled.sessions("tokens:>999999999999999M")


def test_a_wrong_sort_key_or_cursor_is_refused(filled):
    """Both are answered with a sentence."""
    with pytest.raises(QueryError, match="Did you mean 'tokens'"):
        filled.sessions(sort="-token")
    with pytest.raises(QueryError, match="is no cursor"):
        filled.sessions(cursor="WzEsIjIiXQ")


def test_windows_of_a_tree_join_to_the_whole_tree(filled):
    """Rows fetched ten at a time are the same as all at once; sums of the root are the session's."""
    session = filled.sessions(sort="-spans", limit=1)["sessions"][0]
    whole = filled.rows(session["id"], limit=10_000)
    parts = [
        row
        for offset in range(0, whole["total"], 10)
        for row in filled.rows(session["id"], offset=offset, limit=10)["rows"]
    ]
    assert parts == whole["rows"]
    root = whole["rows"][0]
    assert root["descendants"] == session["counts"]["spans"] - 1
    assert root["subtree_tokens"] == session["tokens"]["total"]
    assert root["subtree_errors"] == session["counts"]["errors"]
    assert round(root["subtree_cost"]["amount"] * 1e9) == round(session["cost"]["amount"] * 1e9)


def test_collapsed_filtered_and_hidden_rows(filled):
    """A collapsed root leaves one row; errors only keeps the way down to them."""
    session = filled.sessions("errors:>=2", sort="-errors", limit=1)["sessions"][0]
    whole = filled.rows(session["id"], limit=10_000)["rows"]
    root = whole[0]["span"]["id"]
    closed = filled.rows(session["id"], TreeView(collapsed=frozenset({root})))["rows"]
    assert [row["span"]["id"] for row in closed] == [root]
    failed = filled.rows(session["id"], TreeView(errors_only=True), limit=10_000)
    assert 0 < failed["total"] < len(whole)
    assert {row["depth"] for row in filled.rows(session["id"], TreeView(depth=2), limit=10_000)["rows"]} == {0, 1}


def test_what_sessions_did_over_their_time_is_what_their_spans_say(filled, monkeypatch):
    """Slices that a call reaches into are busy, each error that is counted lies in one, large sessions are left out."""
    sessions = filled.sessions(limit=60)["sessions"]
    found = filled.activities(sessions)
    kinds = {"llm": {"llm", "embedding"}, "tool": {"tool", "retriever"}, "human": {"human"}}
    assert {key: len(one.errors) for key, one in found.items()} == {s["id"]: s["counts"]["errors"] for s in sessions}
    for session in sessions[:8]:
        spans = filled.spans(session["id"], with_payloads=False)
        start, length = session["start_ns"], session["end_ns"] - session["start_ns"]
        for lane, members in kinds.items():
            busy = set()
            for span in spans:
                if span["kind"] in members:
                    ends = span["start_ns"], session["end_ns"] if span["end_ns"] is None else span["end_ns"]
                    first, last = (min((moment - start) * SLICES // length, SLICES - 1) for moment in ends)
                    busy |= set(range(first, last + 1))
            assert found[session["id"]].busy[lane] == busy, (session["id"], lane)
    assert sum(len(one.errors) for one in found.values()) > 5
    monkeypatch.setattr(activity, "MOST_SPANS", 15)
    small = {session["id"] for session in sessions if session["counts"]["spans"] <= 15}
    assert 0 < len(small) < len(sessions)
    assert filled.activities(sessions).keys() == small


def _nearest(values, share):
    """The smallest value that at least that share of all do not exceed."""
    return sorted(values)[math.ceil(len(values) * share) - 1] / 1e6 if values else None


def test_what_a_row_says_of_model_calls_is_what_the_spans_say(filled, everything):
    """Models by the number of their calls, times of the calls that ended; the first output is that of the details."""
    times = model_calls.call_times(filled, everything)
    models = model_calls.models_of(filled, everything)
    for session in everything:
        spans = filled.spans(session["id"], with_payloads=False)
        calls = [span for span in spans if span["kind"] == "llm"]
        named = Counter(span["model"] for span in spans if span["kind"] in {"llm", "embedding"} and span["model"])
        ranked = sorted(named.items(), key=lambda item: (-item[1], item[0]))
        use = models.get(session["id"], model_calls.ModelUse())
        assert (use.calls, use.count) == (ranked, len(ranked))
        took = [span["end_ns"] - span["start_ns"] for span in calls if span["end_ns"] is not None]
        answer = first_answer(filled.outlines.of(session["id"]))
        assert times[session["id"]] == model_calls.CallTimes(
            _nearest(took, 0.5),
            _nearest(took, 0.95),
            answer.token_ms if answer else None,
            answer.after_ms if answer else None,
        )
        moments = [moment for span in spans for moment in (span["start_ns"], span["end_ns"]) if moment is not None]
        assert session["last_ns"] == max(moments)
    assert len(models) > 50
    assert sum(one.llm_p50_ms is not None and one.llm_p50_ms < one.llm_p95_ms for one in times.values()) > 30


def test_model_calls_are_read_for_the_rows_shown_and_no_further(filled, everything, monkeypatch):
    """One statement for all of them, none where no model was called; large sessions are left out."""
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    monkeypatch.setattr(model_calls, "MOST_SPANS", 15)
    monkeypatch.setattr(model_calls, "MOST_MODELS", 1)
    silent = {**everything[0], "id": "f" * 32, "counts": {**everything[0]["counts"], "llm": 0, "spans": 50_000}}
    with filled.connect() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", note)
    times = model_calls.call_times(filled, [*everything, silent])
    models = model_calls.models_of(filled, everything)
    assert len(statements) == 2
    assert model_calls.call_times(filled, [silent]) == {silent["id"]: model_calls.CallTimes(None, None, None, None)}
    assert len(statements) == 2
    event.remove(engine, "before_cursor_execute", note)
    small = {one["id"] for one in everything if one["counts"]["spans"] <= 15}
    assert 0 < len(small) < len(everything)
    assert times.keys() == {*small, silent["id"]}
    assert {len(use.calls) for use in models.values()} == {1}
    assert max(use.count for use in models.values()) > 1
    exported = list(model_calls.with_calls(filled, everything))
    assert [one["id"] for one in exported] == [one["id"] for one in everything]
    assert {one["id"] for one in exported if one["llm_p50_ms"] is not None} <= small
    assert {one["id"]: one["models"] for one in exported} == {
        one["id"]: models[one["id"]].names if one["id"] in models else [] for one in everything
    }


def test_environments_are_named_as_soon_as_a_session_ran_there(open_empty):
    """Each name once, sorted; those that come later are found as well, and those of other projects are not."""
    store = open_empty(None)
    reader, theirs = Reader(store.engine()), Reader(store.engine(), "other")
    (_, production), (_, also), (_, staging) = generate.Generator(5, generate.Profile(spans=3)).sessions(3)
    found = [reader.environments()]
    for lines in (production, also, staging):
        add_to(store, lines)
        found.append(reader.environments())
    assert found == [[], ["production"], ["production"], ["production", "staging"]]
    assert theirs.environments() == []
    reader.close()
    theirs.close()


def test_changes_that_were_written_together_come_together(open_empty, make_sessions):
    """Whoever goes on behind the last revision that it saw misses nothing, however many there were at once."""
    store = open_empty(None)
    reader = Reader(store.engine())
    for seed, count in ((1, 1), (2, 5), (3, 2)):
        add_together(store, [line for _, lines in make_sessions(count, seed=seed, spans=3) for line in lines])
    seen, revision = [], 0
    while found := reader.changes(revision, limit=2):
        seen.append(len(found))
        revision = found[-1]["revision"]
    assert seen == [6, 2]
    reader.close()


def test_a_session_that_is_deleted_while_a_page_is_read_is_left_out(open_empty, make_sessions):
    """Its number was read, its row is gone: the page has the others."""
    store = open_empty(None)
    made = make_sessions(3, spans=3)
    add_together(store, [line for _, lines in made for line in lines])
    reader = Reader(store.engine())
    with reader.connect() as connection:
        engine = connection.engine

    waiting = [made[1][0]]

    def delete(*_: object) -> None:
        if waiting:
            store.delete_sessions("default", [waiting.pop()])

    event.listen(engine, "after_cursor_execute", delete)
    assert [session["id"] for session in reader.sessions()["sessions"]] == [made[2][0], made[0][0]]
    reader.close()


def test_payload_blocks_are_read_as_text(filled, everything):
    """Each that there is, once, and what its spans hold stands in it; of another project none."""
    session_id = everything[0]["id"]
    spans = filled.spans(session_id)
    ids = {row.block_id for row in filled.outlines.of(session_id).order} - {None}
    texts = dict(filled.block_texts([*ids, 2**60]))
    assert texts.keys() == ids
    whole = "".join(texts.values())
    assert all(f'"{span["id"]}"' in whole for span in spans if span["input"] is not None)
    with filled.connect() as connection:
        assert list(Reader(connection.engine, "other").block_texts(sorted(ids))) == []
