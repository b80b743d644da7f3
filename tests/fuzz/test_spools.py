"""Segments that a program's bug, a broken disk or somebody hostile has left in the spool."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span
from agentops_dashboard.ingest.spool import SpoolImporter
from agentops_dashboard.reader import Reader
from agentops_dashboard.store import SQLiteStore, store_path

GOOD = "5" * 32


def _line(session_id: str) -> bytes:
    attributes = encode_attributes(
        {"agentops.span.kind": "session", "agentops.span.seq": 1, "agentops.span.version": 2, "agentops.tags": ("a",)}
    )
    span = encode_span(
        trace_id=session_id, span_id="6" * 16, parent_id=None, name="s", is_client=False, start_ns=10**18,
        end_ns=10**18 + 5, attributes=attributes, events=(), status_code=1, status_message="",
    )  # fmt: skip
    return encode_line(encode_resource({"service.instance.id": "p"}), '{"name":"agentops"}', [span])


@st.composite
def _bent(draw: st.DrawFn) -> bytes:
    line = bytearray(_line("7" * 32))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(line) - 1))
        line[at : at + draw(st.integers(0, 9))] = draw(st.binary(max_size=9))
    return bytes(line).replace(b"\n", b" ") + b"\n"


@settings(max_examples=60)
@given(lines=st.lists(st.one_of(_bent(), st.binary(max_size=60).map(lambda raw: raw + b"\n")), max_size=6))
def test_a_segment_of_nonsense_is_taken_to_its_end(lines: list[bytes]) -> None:
    """Good lines before, between and behind bad ones are stored; the segment is done with, and the importer goes on."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        spool = home / "spool" / "local"
        spool.mkdir(parents=True)
        good = [_line(f"{number:032x}") for number in range(1, len(lines) + 2)]
        mixed = [good[0], *(part for pair in zip(lines, good[1:], strict=True) for part in pair)]
        (spool / f"{1:020d}-aa.dead.jsonl").write_bytes(b"".join(mixed))
        (spool / f"{2:020d}-bb.dead.jsonl").write_bytes(_line(GOOD) + b'{"torn')
        store = SQLiteStore(store_path(home))
        try:
            importer = SpoolImporter(store, home)
            for _ in range(3):
                importer.import_once()
            found = {item["id"] for item in Reader(store.engine()).sessions(limit=1000)["sessions"]}
            assert found >= {GOOD, *(f"{number:032x}" for number in range(1, len(lines) + 2))}
            assert list(spool.glob("*.jsonl")) == []
        finally:
            store.close()
