"""Sessions on a ClickHouse server, or on a cluster of shards."""

import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.external import ExternalData
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from agentops.errors import StoreError
from agentops.wire import Ledger
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store.clickhouse.address import Address
from agentops_dashboard.store.clickhouse.asked import asked
from agentops_dashboard.store.clickhouse.commits import Batch, Commits
from agentops_dashboard.store.clickhouse.connection import connect, open_engine
from agentops_dashboard.store.clickhouse.inserter import Inserter
from agentops_dashboard.store.clickhouse.migrations import local_database, migrate
from agentops_dashboard.store.clickhouse.summary import Summaries, session_number
from agentops_dashboard.store.clickhouse.together import Together
from agentops_dashboard.store.clickhouse.writer import Writer
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.store.rows import SPAN_COLUMNS
from agentops_dashboard.store.store import PricedCall, SegmentPart

__all__ = ["ClickHouseStore"]

_BY_TRACE = ("span", "payload", "ledger", "log", "trace_fact", "trace")
_DELETED_AT_ONCE = 2_000
_BY_NUMBER = ("session_tag", "usage", "session")


class ClickHouseStore:
    """One client that writes, and one to each server for deleting rows where they are.

    Args:
        address: The servers.
        home: Where ``prices.json``, ``retention.json`` and this machine's spool are.

    Raises:
        StoreError: A server does not answer, refuses the password, or has a newer schema or foreign tables.
    """

    # What is computed is computed in an embedded store.
    errors: tuple[type[Exception], ...] = (ClickHouseError, DBAPIError, sqlite3.Error)
    # Those that wait are written together; some threads are left for pages.
    batches_at_once = 24

    def __init__(self, address: Address, home: Path) -> None:
        self.home = home
        self.location = address.shown
        self.prices = Prices(home / "prices.json")
        self._address = address
        self._lock = threading.RLock()
        try:
            migrate(address)
            self._client = connect(address, database=address.database)
            local = local_database(address)
            self._servers = [connect(address, place, database=local) for place in range(len(address.hosts))]
        except ClickHouseError as error:
            raise StoreError(f"{address.shown} cannot be prepared: {' '.join(str(error).split())[:300]}") from error
        self._together = Together()
        self._inserter = Inserter(self._client)
        self._summaries = Summaries(self._client, self._inserter, self._together)
        self._writer = Writer(self._client, self._inserter, self._summaries, self.prices, self._together)
        self._commits = Commits(self._lock, self._write, self.errors)

    def close(self) -> None:
        """Close the connections that write."""
        with self._lock:
            self._together.close()
            self._summaries.close()
            for client in (self._client, *self._servers):
                client.close()

    def engine(self, limit_s: float | None = None) -> Engine:
        """Return a new pool of connections that only read."""
        return open_engine(self._address, limit_s)

    def add(
        self,
        project: str,
        records: Iterable[SpanRecord],
        ledgers: Iterable[Ledger] = (),
        *,
        counts: Mapping[str, Mapping[str, int]] | None = None,
        part: SegmentPart | None = None,
    ) -> None:
        """Store spans and ledgers, together with those of other callers that wait."""
        self._commits.take(Batch(project, list(records), list(ledgers), counts or {}, part))

    def _write(self, project: str, batches: list[Batch]) -> None:
        fresh = [batch for batch in batches if batch.part is None or self._is_next(batch.part)]
        records = [record for batch in fresh for record in batch.records]
        ledgers = [ledger for batch in fresh for ledger in batch.ledgers]
        if records or ledgers:
            self._writer.write(project, records, ledgers)
        counted = [
            (project, name, label, count)
            for batch in fresh
            for name, labels in batch.counts.items()
            for label, count in labels.items()
        ]
        self._inserter.insert("counter", ("project", "name", "label", "count"), counted)
        # Last: a segment that was read twice changes nothing, one that was passed over is lost.
        read = [(batch.part.name, batch.part.end, time.time_ns()) for batch in fresh if batch.part is not None]
        self._inserter.insert("segment", ("name", "offset", "version"), read)

    def _is_next(self, part: SegmentPart) -> bool:
        return self.segment_offset(part.name) == part.start

    def segment_offset(self, name: str) -> int:
        """Return how far a spool segment has been read, in bytes."""
        with self._lock:
            found = self._query("SELECT offset FROM segment WHERE name = {name:String}", name=name)
        return found[0][0] if found else 0

    def forget_segment(self, name: str) -> None:
        """Drop the offset of a segment that is gone."""
        with self._lock:
            self._inserter.insert(
                "segment", ("name", "offset", "version", "is_deleted"), [(name, 0, time.time_ns(), 1)]
            )

    def mark_dead(self, process: str) -> None:
        """Say that a recording process is gone: its sessions that have not ended are abandoned."""
        with self._lock:
            self._inserter.insert("dead_process", ("process",), [(process,)])
            found = self._query(
                "SELECT project, trace_id FROM trace WHERE state IS NULL AND (process = {process:String} OR "
                "(project, trace_id) IN (SELECT project, trace_id FROM ledger WHERE process = {process:String}))",
                process=process,
            )
            for project in {row[0] for row in found}:
                self._summaries.recompute(project, [row[1] for row in found if row[0] == project])

    def set_tags(self, project: str, session_id: str, tags: list[str]) -> None:
        """Make these the session's tags."""
        with self._lock:
            sid = session_number(project, session_id)
            had = self._query(
                "SELECT tag FROM session_tag WHERE project = {project:String} AND sid = {sid:Int64}",
                project=project,
                sid=sid,
            )
            now_ns = self._summaries.now_ns()
            rows = [(project, sid, tag, int(tag not in tags), now_ns) for tag in {*tags, *(row[0] for row in had)}]
            self._inserter.insert("session_tag", ("project", "sid", "tag", "is_removed", "version"), rows)
            self._renew(project, [session_id])

    def annotate(
        self, project: str, session_id: str, *, span_id: str, name: str, value: str | None, time_ns: int | None = None
    ) -> None:
        """Say something about a session (``span_id`` empty) or one of its spans; None takes it back."""
        with self._lock:
            said_ns = self._summaries.now_ns() if time_ns is None else time_ns
            row = (project, session_id, span_id, name, value, said_ns)
            self._inserter.insert("annotation", ("project", "session_id", "span_id", "name", "value", "time_ns"), [row])
            self._renew(project, [session_id])

    def put_log(self, project: str, trace_id: str, text: str, *, time_ns: int | None = None) -> int:
        """Keep what a program printed during a trace; returns its size in bytes."""
        raw = text.encode("utf-8", "replace")
        row = (project, trace_id, time.time_ns() if time_ns is None else time_ns, len(raw), raw.decode())
        with self._lock:
            self._inserter.insert("log", ("project", "trace_id", "time_ns", "raw_bytes", "body"), [row])
        return len(raw)

    def delete_sessions(self, project: str, session_ids: Sequence[str]) -> list[str]:
        """Delete sessions at once; their rows are out of sight now and off the disk with ``give_back``."""
        with self._lock:
            known = self._query(
                "SELECT session_id FROM session WHERE project = {project:String} AND sid IN (SELECT sid FROM asked)",
                asked("sid", rows=((session_number(project, session_id),) for session_id in session_ids)),
                project=project,
            )
            found = [row[0] for row in known]
            if found:
                traces = self._traces(project, found)
                for table in _BY_TRACE:
                    self._delete(table, "trace_id IN {keys:Array(String)}", project, traces)
                self._delete("annotation", "session_id IN {keys:Array(String)}", project, found)
                sids = [session_number(project, session_id) for session_id in found]
                for table in _BY_NUMBER:
                    self._delete(table, "sid IN {keys:Array(Int64)}", project, sids)
                self._writer.forget_texts()
        return found

    def drop_payloads(self, project: str, session_ids: Sequence[str]) -> None:
        """Delete inputs, outputs and attributes of sessions, and their words in the search index."""
        if not session_ids:
            return
        with self._lock:
            traces = self._traces(project, session_ids)
            self._delete("payload", "trace_id IN {keys:Array(String)}", project, traces)
            self._summaries.recompute(project, traces)

    def set_costs(self, project: str, calls: Collection[PricedCall]) -> None:
        """Give model calls these costs, and their sessions the sums."""
        with self._lock:
            wanted = {(call.trace_id, call.span_id, call.version): call for call in calls}
            found = self._query(
                f"SELECT {', '.join(SPAN_COLUMNS)}, rank FROM span WHERE project = {{project:String}} "
                "AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM asked)",
                asked("trace_id", "span_id", rows=((call.trace_id, call.span_id) for call in calls)),
                project=project,
            )
            rows = []
            for row in found:
                named = dict(zip((*SPAN_COLUMNS, "rank"), row, strict=True))
                call = wanted.get((named["trace_id"], named["span_id"], named["version"]))
                if call is not None:
                    named |= {"cost_nano": call.cost_nano, "cost_source": call.cost_source, "rank": named["rank"] + 1}
                    rows.append(tuple(named.values()))
            self._inserter.insert("span", (*SPAN_COLUMNS, "rank"), rows)
            self._summaries.recompute(project, {call.trace_id for call in calls})

    def compact(self) -> int:
        """Nothing: ClickHouse merges rows by itself."""
        return 0

    def used_bytes(self) -> int:
        """Return the size of the rows that count, deleted ones not."""
        self.give_back()
        return self._bytes("active")

    def disk_bytes(self) -> int:
        """Return what the tables take on the servers' disks."""
        return self._bytes("1")

    def give_back(self) -> None:
        """Write the parts without the rows that were deleted."""
        with self._lock:
            for server in self._servers:
                found = server.query(
                    "SELECT DISTINCT table FROM system.parts "
                    "WHERE database = currentDatabase() AND active AND has_lightweight_delete"
                )
                for (table,) in found.result_rows:
                    server.command(f"ALTER TABLE {table} APPLY DELETED MASK")

    def _renew(self, project: str, session_ids: Sequence[str]) -> None:
        """Give sessions a new revision, so that readers drop what they remember of them."""
        self._summaries.recompute(project, self._traces(project, session_ids))

    def _traces(self, project: str, session_ids: Sequence[str]) -> list[str]:
        found = self._query(
            "SELECT trace_id FROM trace "
            "WHERE project = {project:String} AND session_id IN (SELECT session_id FROM asked)",
            asked("session_id", rows=((session_id,) for session_id in session_ids)),
            project=project,
        )
        return [row[0] for row in found]

    def _delete(self, table: str, condition: str, project: str, keys: Sequence[str | int]) -> None:
        # The server writes down what it is to delete, so here the keys are part of the text.
        statement = f"DELETE FROM {table} WHERE project = {{project:String}} AND {condition}"
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            bound = {"project": project, "keys": list(keys[start : start + _DELETED_AT_ONCE])}
            for server in self._servers:
                server.command(statement, bound)

    def _bytes(self, condition: str) -> int:
        total = 0
        with self._lock:
            for server in self._servers:
                found = server.query(
                    f"SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND {condition}"
                )
                total += found.result_rows[0][0] or 0
        return total

    def _query(self, statement: str, about: ExternalData | None = None, **bound: Any) -> Sequence[Sequence[Any]]:
        return self._client.query(statement, bound, external_data=about).result_rows
