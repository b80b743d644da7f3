"""Merging payload blocks in SQLite: what was scattered stays whole."""

from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.semantics import understand


def one(store, statement):
    with store.transaction() as connection:
        return connection.execute(statement).fetchone()[0]


def test_merging_keeps_every_payload_and_every_word(store, reader, make_sessions):
    """A session that arrived span by span has few blocks afterwards, and is shown and found as before."""
    ((session_id, lines),) = make_sessions(1, spans=30)
    for line in lines:
        batch = decode(line)
        for raw in batch.spans:
            store.add("default", [understand(raw)])
        store.add("default", [], batch.ledgers)
    before, blocks = reader.spans(session_id), one(store, "SELECT count(*) FROM payload")
    words = before[1]["input"].split()[:2] if isinstance(before[1]["input"], str) else ["agent"]
    found = [reader.sessions(word)["total"] for word in words]
    assert blocks == len(before)
    assert store.compact() == 1
    assert one(store, "SELECT count(*) FROM payload") <= 3
    assert store.compact() == 0
    assert reader.spans(session_id) == before
    assert [reader.sessions(word)["total"] for word in words] == found == [1] * len(words)
    with store.transaction() as connection:
        connection.execute("INSERT INTO payload_text (payload_text) VALUES ('integrity-check')")
