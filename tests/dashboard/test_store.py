"""What goes in comes out, once."""

import dataclasses
import itertools
import json
import random
import threading

import pytest
from sqlalchemy import func, select, text

from agentops.wire import Ledger, SessionLedger
from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.reader import Reader
from agentops_dashboard.semantics import RawSpan, understand
from agentops_dashboard.store import tables as t
from tests.dashboard.conftest import add_to

END_NS = 1_760_000_000_000_000_000


_CHANCE = {"block_id", "revision", "sid"}


def _dump(store):
    """Everything in the store that does not depend on when it was written."""
    engine, result = store.engine(), {}
    with engine.connect() as connection:
        for table in ("span", "session", "usage", "session_tag", "trace", "ledger"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings().all()
            plain = [{key: value for key, value in row.items() if key not in _CHANCE} for row in rows]
            result[table] = sorted(plain, key=repr)
        result["payloads"] = connection.exec_driver_sql("SELECT count(*) FROM payload").scalar()
    engine.dispose()
    return result


def test_generated_sessions_are_found_with_their_whole_tree(reader, add_lines, make_sessions):
    """Three sessions give three rows, each with all of its spans under one root and nothing missing."""
    made = make_sessions(3, spans=20)
    for _, lines in made:
        add_lines(lines)
    page = reader.sessions()
    assert [s["id"] for s in page["sessions"]] == sorted((i for i, _ in made), reverse=True)
    for session in page["sessions"]:
        spans = reader.spans(session["id"])
        assert session["counts"]["spans"] == len(spans)
        assert [s["parent_id"] for s in spans].count(None) == 1
        assert session["complete"]
        assert session["tokens"]["total"] == sum(s["tokens"]["total"] for s in spans if s["tokens"])
        assert round(session["cost"]["amount"] * 1e9) == sum(
            round(s["cost"]["amount"] * 1e9) for s in spans if s["cost"]
        )


def test_the_same_batches_thrice_and_in_any_order_give_the_same_store(open_empty, make_sessions):
    """Delivery may repeat and reorder: nothing is counted twice, nothing depends on the order."""
    lines = [line for _, session in make_sessions(4, spans=25) for line in session]
    dumps = []
    for order in (lines, random.Random(3).sample(lines * 3, len(lines) * 3)):
        store = open_empty(None)
        add_to(store, order)
        dumps.append(_dump(store))
    assert dumps[0] == dumps[1]


def test_what_is_still_being_said_is_found_once_it_was_said(store, reader, make_sessions):
    """The words of an open call's output are indexed with its end, not again with each longer piece."""
    session_id, lines = make_sessions(1, spans=8)[0]
    records = [understand(raw) for line in lines for raw in decode(line).spans]
    call = next(record for record in records if record.kind == "llm")
    spoken = [{"role": "assistant", "parts": [{"type": "text", "content": "zebra crossing"}]}]
    store.add("default", [dataclasses.replace(call, version=1, end_ns=None, status="running", output=spoken)])
    assert reader.sessions("zebra")["total"] == 0
    assert reader.span(call.span_id, session_id)["output"] == spoken
    store.add("default", [dataclasses.replace(call, output=spoken)])
    assert reader.sessions("zebra")["total"] == 1


def test_an_ended_record_replaces_the_open_one_and_never_the_reverse(store, reader, make_sessions):
    """A span's start record that arrives late does not reopen the span."""
    (session_id, open_lines), (_, ended_lines) = (
        make_sessions(1, state=state, spans=8)[0] for state in ("running", None)
    )
    add_to(store, [*ended_lines, *open_lines])
    assert reader.session(session_id)["counts"]["open"] == 0
    assert {span["status"] for span in reader.spans(session_id)} <= {"ok", "error"}


def test_spans_that_a_process_started_and_that_never_came_are_counted(add_lines, store, reader, make_sessions):
    """The ledger says 99 spans were started: the session is incomplete by the difference."""
    ((session_id, lines),) = make_sessions(1, spans=10)
    add_lines(lines)
    present = reader.session(session_id)["counts"]["spans"]
    ledger = Ledger("another", END_NS * 2, sessions={session_id: SessionLedger(spans=99)})
    store.add("default", [], [ledger])
    session = reader.session(session_id)
    assert (session["missing"], session["complete"]) == (99, False)
    assert session["counts"]["spans"] == present


def test_a_running_session_without_heartbeat_is_abandoned(add_lines, reader, make_sessions):
    """Fifteen seconds without a heartbeat and without an end: the program was killed."""
    ((session_id, lines),) = make_sessions(1, state="running", spans=10)
    add_lines(lines)
    session = reader.session(session_id)
    assert session["state"] == "abandoned"
    assert session["end_time"] is not None


def test_two_writers_and_a_reader_share_one_store(store, open_again, reader, make_sessions):
    """Two processes write the same sessions; a reader in between meets no error; all spans arrive once."""
    other = open_again(store)
    made = make_sessions(30, spans=10)
    errors = []

    def write(target, part):
        try:
            for _, lines in part:
                add_to(target, lines)
                reader.sessions()
        except store.errors as error:
            errors.append(error)

    threads = [
        threading.Thread(target=write, args=(store, made[:20])),
        threading.Thread(target=write, args=(other, made[10:])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert reader.sessions(limit=100)["total"] == 30
    assert all(session["complete"] for session in reader.sessions(limit=100)["sessions"])


@pytest.fixture(scope="module")
def shared(open_empty):
    """A store of many projects."""
    return open_empty(None)


@pytest.fixture
def apart(shared, request):
    """The same store and a reader of a project that only this test writes to."""
    reader = Reader(shared.engine(), request.node.name)
    yield shared, reader
    reader.close()


def _foreign(trace, span, parent=None, **attributes):
    """A span of another recorder."""
    return understand(
        RawSpan(
            trace_id=trace * 32, span_id=span * 16, parent_id=parent and parent * 16, name="s", otlp_kind=1,
            start_ns=END_NS, end_ns=END_NS + 1000, attributes=attributes, events=[], links=[], status_code=0,
            status_message="", resource={}, scope="x",
        )
    )  # fmt: skip


def _sessions(reader):
    return sorted((s["id"], s["counts"]["spans"], tuple(s["tags"])) for s in reader.sessions()["sessions"])


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_traces_join_one_session_whenever_a_span_says_so(apart, order):
    """Two traces of one session id are one session, whichever span comes first; a conversation id counts less."""
    named = {"openinference.span.kind": "CHAIN", "session.id": "chat", "tag.tags": '["t"]'}
    spans = [
        _foreign("1", "a"),
        _foreign("1", "b", "a", **named),
        _foreign("2", "c", **{"gen_ai.conversation.id": "aaa"}),
        _foreign("2", "d", "c", **named),
    ]
    store, reader = apart
    for index in order:
        store.add(reader.project, [spans[index]])
    assert _sessions(reader) == [("chat", 4, ("t",))]
    assert len(reader.spans("chat")) == 4


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_nested_model_calls_of_two_instrumentations_count_once(apart, order):
    """The inner span owns the usage, in whatever order they come; the outer one is shown as what wraps it."""
    usage = {"gen_ai.request.model": "gpt-4o", "gen_ai.system": "openai", "gen_ai.usage.input_tokens": 100}
    spans = [_foreign("1", "a"), _foreign("1", "b", "a", **usage), _foreign("1", "c", "b", **usage)]
    store, reader = apart
    for index in order:
        store.add(reader.project, [spans[index]])
    session = reader.sessions()["sessions"][0]
    assert (session["tokens"]["total"], session["counts"]["llm"]) == (100, 1)
    assert [span["kind"] for span in reader.spans(session["id"])] == ["operation", "chain", "llm"]


def _word(reader, session_id):
    """A word that only the index of texts has."""
    span = next(span for span in reader.spans(session_id) if span["kind"] == "tool")
    return f'"{span["name"]}"'


def test_what_was_deleted_and_is_sent_again_is_found_again(store, reader, add_lines, make_sessions):
    """Its words are indexed anew, though this process has seen them before."""
    ((session_id, lines),) = make_sessions(1, spans=14)
    add_lines(lines)
    word = _word(reader, session_id)
    assert reader.sessions(word)["total"] == 1
    assert store.delete_sessions("default", [session_id]) == [session_id]
    assert reader.sessions(word)["total"] == 0
    add_lines(lines)
    assert reader.sessions(word)["total"] == 1


def test_a_question_is_given_up_when_its_time_is_over(store, add_lines, make_sessions):
    """With one of the errors that the store names; the next one has time of its own, and without a limit none ends."""
    for _, lines in make_sessions(4, spans=20):
        add_lines(lines)
    places = " CROSS JOIN ".join(f"span AS s{place}" for place in range(6))
    endless = text(f"SELECT count(*) FROM {places} WHERE s0.start_ns + s5.start_ns <> 0")
    limited = store.engine(0.1)
    with limited.connect() as connection, pytest.raises(store.errors):
        connection.execute(endless).all()
    limited.dispose()
    for engine in (store.engine(60), store.engine()):
        with engine.connect() as connection:
            assert connection.execute(select(func.count()).select_from(t.session)).scalar_one() == 4
        engine.dispose()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_root_speaks_for_its_session_also_by_a_coarse_clock(add_lines, reader, order):
    """Where a root and what is in it start and end in the same millisecond, in whatever order they come."""
    lines = []
    for place in range(3):
        texts = {"input.value": f"in {place}", "output.value": f"out {place}", "openinference.span.kind": "CHAIN"}
        span = {
            "traceId": "5" * 32, "spanId": f"{9 - place:016x}", "name": "x",
            "startTimeUnixNano": "1760000000000000000", "endTimeUnixNano": "1760000000001000000",
            "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in texts.items()],
            **({"parentSpanId": f"{9:016x}"} if place else {}),
        }  # fmt: skip
        lines.append(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode())
    add_lines([lines[place] for place in order])
    session = reader.session("5" * 32)
    assert (session["first_input"], session["last_output"]) == ("in 0", "out 0")
