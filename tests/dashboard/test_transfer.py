"""Sessions go from one store into another with all that belongs to them, and what cannot be taken is said."""

import io
import json

import pytest

from agentops.wire import Ledger, SessionLedger, encode_resource
from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.reader import Reader
from agentops_dashboard.semantics import understand
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.transfer import export_sessions, import_lines

RESOURCE = encode_resource({})
PRICED = "genai-prices 0.0.1"


def foreign(trace, name, **attributes):
    """A span of another recorder, as one line."""
    values = [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in attributes.items()]
    span = {"traceId": f"{trace:032x}", "spanId": "0" * 15 + "1", "name": name, "startTimeUnixNano": "1000000000",
            "endTimeUnixNano": "2000000000", "attributes": values}  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "x"}, "spans": [span]}]}]}).encode()


def everything(reader, query=""):
    """All that a reader shows of each session."""
    return [
        (session, reader.spans(session["id"]), reader.logs(session["id"]), reader.beside(session["id"]))
        for session in reader.sessions(query, limit=100)["sessions"]
    ]


@pytest.fixture
def other(open_empty):
    """Another store and its reader."""
    store = open_empty(None)
    reader = Reader(store.engine())
    yield store, reader
    reader.close()


def exported(reader):
    """The lines of an export."""
    file = io.BytesIO()
    export_sessions(reader, "", file)
    return file.getvalue().splitlines()


def test_notes_logs_and_what_is_missing_come_along(store, reader, other, add_lines, make_sessions):
    """Also scores of single spans; read twice, and into where they came from, nothing changes."""
    (noted, first), (short, second) = make_sessions(2, spans=8)
    for line in first + second:
        add_lines([line])
    span = reader.spans(noted)[2]["id"]
    for place, name, value in (("", "note", "look"), ("", "bookmark", "yes"), (span, "score", "down")):
        store.annotate("default", noted, span_id=place, name=name, value=value)
    store.annotate("default", short, span_id="", name="note", value="taken back")
    store.annotate("default", short, span_id="", name="note", value=None)
    store.put_log("default", noted, "printed\nhere")
    account = SessionLedger(spans=60, redactions=3, dropped_payloads=2)
    add_lines([Ledger("p9", 1_760_000_000_000_000_000, sessions={short: account}).encode(RESOURCE)])
    shown = everything(reader)
    assert {session["id"]: session["missing"] > 0 for session, *_ in shown} == {noted: False, short: True}
    lines, spans = exported(reader), sum(session["counts"]["spans"] for session, *_ in shown)
    for target, seen in ((other[0], other[1]), (other[0], other[1]), (store, reader)):
        assert import_lines(target, lines) == {"spans": spans, "rejected": 0, "bad_lines": 0}
        assert everything(seen) == shown


def test_what_was_said_since_the_export_stays(store, reader, add_lines, make_sessions):
    """An older file does not take a newer note or log away."""
    ((session, lines),) = make_sessions(1, spans=4)
    add_lines(lines)
    store.annotate("default", session, span_id="", name="note", value="then")
    store.put_log("default", session, "then")
    lines = exported(reader)
    store.annotate("default", session, span_id="", name="note", value="now")
    store.put_log("default", session, "now")
    import_lines(store, lines)
    assert (reader.session(session)["note"], reader.logs(session)) == ("now", "now")


def test_costs_and_names_stay_as_they_were(store, reader, other, add_lines, make_sessions):
    """Whatever the prices of the other store are; it can be told to apply them."""
    ((_, lines),) = make_sessions(1, spans=12)
    store.prices = Prices(store.home / "prices.json")
    for line in lines:
        records = [understand(raw) for raw in decode(line).spans]
        for record in records:
            if record.kind == "llm" and record.model:
                record.cost_nano, record.cost_source = 1_234_567, PRICED
        store.add("default", records)
    add_lines([foreign(7, "run.session", agentops__span__kind="session", operation__name="run")])
    import_lines(other[0], exported(reader))
    for one in (reader, other[1]):
        sessions = {session["name"]: session for session in one.sessions("")["sessions"]}
        assert "run" in sessions
        (priced,) = [session for name, session in sessions.items() if name != "run"]
        assert priced["cost"]["source"] == PRICED
    assert everything(reader, "-name:run") == everything(other[1], "-name:run")


def test_lines_and_spans_that_cannot_be_taken_are_counted(store, reader):
    """A span without an id, a line that is JSON of something else, and notes of another shape."""
    bad_span = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz","spanId":"1"}]}]}]}'
    beside = (
        '{"resourceSpans":[{"scopeSpans":[{"scope":{"name":"agentops.beside","attributes":[{"key":"agentops.beside",'
    )
    said = [
        f'{beside}"value":{{"stringValue":{json.dumps(json.dumps(value))}}}}}]}}}}]}}]}}'.encode()
        for value in (
            {"session_id": "a", "annotations": [["", "note", 7, 1]], "logs": []},
            {"session_id": "a", "annotations": 7, "logs": []},
            {"session_id": "a", "annotations": [["", "note", "x", 2**63]], "logs": []},
            [],
        )
    ]
    lines = [bad_span, b'{"partial":true}', b"[]", foreign(7, "fine"), *said]
    assert import_lines(store, lines) == {"spans": 1, "rejected": 5, "bad_lines": 2}
    assert reader.sessions()["total"] == 1


def test_senders_of_spans_do_not_speak_for_people(store, reader, add_lines, make_sessions):
    """What an export has beside spans is taken from files only, not from whoever may send spans."""
    ((session, lines),) = make_sessions(1, spans=4)
    add_lines(lines)
    store.annotate("default", session, span_id="", name="note", value="theirs")
    lines = exported(reader)
    store.annotate("default", session, span_id="", name="note", value=None)
    add_lines(lines)
    assert reader.session(session)["note"] is None


def test_spans_that_a_filter_left_out_are_not_missing(store, reader, add_lines, make_sessions):
    """They were left out on purpose, as the process says."""
    ((session, lines),) = make_sessions(1, spans=8)
    add_lines(lines)
    account = SessionLedger(spans=5, spans_left_out=5)
    add_lines([Ledger("p9", 1_760_000_000_000_000_000, sessions={session: account}).encode(RESOURCE)])
    assert (reader.session(session)["missing"], reader.session(session)["complete"]) == (0, True)
