"""What was acknowledged is there, whatever happens to the server."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.reader import Reader
from agentops_dashboard.semantics import understand
from agentops_dashboard.store import Store
from agentops_dashboard.store.clickhouse import ClickHouseStore, parse_address
from tests.clickhouse.engine import Engine
from tests.dashboard.conftest import END_NS, add_to, add_together, generate

Make = Callable[..., list[tuple[str, list[bytes]]]]


def test_a_server_killed_while_it_takes_in_keeps_what_it_acknowledged(tmp_path: Path, make_sessions: Make) -> None:
    """Killed in the middle and started again: every acknowledged span is there, and none twice when all is sent."""
    engine = Engine(tmp_path / "engine")
    engine.start()
    store = ClickHouseStore(parse_address(f"clickhouse://{engine.host}/kept"), tmp_path)
    lines = [line for _, session in make_sessions(30, spans=10) for line in session]
    acknowledged: set[str] = set()
    unsent: list[bytes] = []
    half = threading.Event()

    def send() -> None:
        for place, line in enumerate(lines):
            batch = decode(line)
            try:
                store.add("default", [understand(raw) for raw in batch.spans], batch.ledgers)
            except store.errors:
                unsent.append(line)
                continue
            acknowledged.update(raw.span_id for raw in batch.spans)
            if place == len(lines) // 3:
                half.set()

    sender = threading.Thread(target=send)
    sender.start()
    assert half.wait(120)
    engine.kill()
    sender.join()
    assert unsent
    engine.start()
    kept = set(engine.ask("SELECT span_id FROM kept.span FINAL").split())
    assert acknowledged
    assert acknowledged <= kept
    add_to(store, unsent)
    reader = Reader(store.engine())
    page = reader.sessions(limit=100)
    assert (page["total"], all(session["complete"] for session in page["sessions"])) == (30, True)
    sent = sum(len(decode(line).spans) for line in lines)
    assert sum(session["counts"]["spans"] for session in page["sessions"]) == sent
    reader.close()
    store.close()
    engine.kill()


def test_many_at_once_are_stored_together_and_each_is_answered(open_empty: Callable[[Path | None], Store]) -> None:
    """Forty senders at once: each add returns when its own spans are there, and a bad batch costs only itself."""
    store = open_empty(None)
    reader = Reader(store.engine())
    sessions = list(generate.Generator(8, generate.Profile(end_ns=END_NS, spans=5)).sessions(40))
    found: dict[str, bool] = {}
    failed: list[Exception] = []

    def send(session_id: str, lines: list[bytes], *, is_bad: bool) -> None:
        records = [understand(raw) for line in lines for raw in decode(line).spans]
        if is_bad:
            records[0].attempt = 2**80
        try:
            store.add("default", records, [ledger for line in lines for ledger in decode(line).ledgers])
        except (OverflowError, *store.errors) as error:
            failed.append(error)
            return
        session = reader.session(session_id)
        found[session_id] = session is not None and session["counts"]["spans"] == len({r.span_id for r in records})

    threads = [
        threading.Thread(target=send, args=(session_id, lines), kwargs={"is_bad": place == 7})
        for place, (session_id, lines) in enumerate(sessions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 1
    assert list(found.values()) == [True] * 39
    reader.close()


def test_deleted_sessions_leave_the_disk(
    open_empty: Callable[[Path | None], Store], pair: list[Engine], make_sessions: Make
) -> None:
    """Out of sight at once; after the space was given back no part holds a row of theirs, nor a word."""
    store = open_empty(None)
    made = make_sessions(3, spans=8)
    add_to(store, [line for _, lines in made for line in lines])
    gone = {session_id for session_id, _ in made[:2]}
    assert set(store.delete_sessions("default", list(gone))) == gone
    store.give_back()
    database = store.location.rpartition("/")[2].split("?")[0]
    for table in ("span", "payload", "trace_fact", "trace"):
        rows = 0
        for engine in pair:
            named = f"database IN ('{database}', '{database}_shard') AND table = '{table}' AND active"
            assert engine.ask(f"SELECT count() FROM system.parts WHERE {named} AND has_lightweight_delete") == "0"
            rows += int(engine.ask(f"SELECT sum(rows) FROM system.parts WHERE {named}"))
        reading = store.engine()
        with reading.connect() as connection:
            statement = f"SELECT count(*), count(DISTINCT trace_id), max(trace_id) FROM {table} SETTINGS final = 0"
            assert connection.exec_driver_sql(statement).one() == (rows, 1, made[2][0])
        reading.dispose()


def test_a_segment_is_read_on_from_where_another_process_left_it(open_empty: Callable[[Path | None], Store]) -> None:
    """A part that somebody else has read meanwhile is not stored again."""
    from agentops_dashboard.store.store import SegmentPart

    store = open_empty(None)
    ((_, lines),) = generate.Generator(8, generate.Profile(end_ns=END_NS, spans=5)).sessions(1)
    records = [understand(raw) for line in lines for raw in decode(line).spans]
    counts = {"bad_lines": {"p": 1}}
    store.add("default", records, counts=counts, part=SegmentPart("s", 0, 100))
    store.add("default", records, counts=counts, part=SegmentPart("s", 0, 100))
    assert store.segment_offset("s") == 100
    engine = store.engine()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT sum(count) FROM counter").scalar() == 1
    engine.dispose()
    store.forget_segment("s")
    assert store.segment_offset("s") == 0


TEXTS = ("it's", 'a "quote"', "back\\slash", "100% {x:String} %(y)s", "\0nul", "né\tü")


@pytest.fixture(scope="module")
def session_of(open_empty: Callable[[Path | None], Store]) -> tuple[Store, dict[str, str]]:
    """A store that holds a session for each text, and their ids."""
    store = open_empty(None)
    made = list(generate.Generator(8, generate.Profile(end_ns=END_NS, spans=5)).sessions(len(TEXTS)))
    add_together(store, [line for _, lines in made for line in lines])
    return store, dict(zip(TEXTS, (session_id for session_id, _ in made), strict=True))


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_any_kind_goes_in_and_is_found(session_of: tuple[Store, dict[str, str]], text: str) -> None:
    """Names and tags come back as they were, and a filter with the same text finds them: no statement is broken."""
    store, sessions = session_of
    store.set_tags("default", sessions[text], [text])
    reader = Reader(store.engine())
    session = reader.session(sessions[text])
    assert session is not None
    assert session["tags"] == [text]
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert reader.sessions(f'tag:"{quoted}"')["total"] == 1
    assert reader.sessions(f'name:"{quoted}"')["total"] == 0
    reader.close()
