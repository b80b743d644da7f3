"""What is computed from stored rows on ClickHouse: traces from their facts, summaries of sessions from their spans.

Computed again from all rows after each batch, never counted up, by the very statements of the embedded store: a
statement that computed it here took the server ten times what it takes to hand out the rows. Each result carries the
moment at which its reading began, and of two results for one session the later moment wins: it saw whatever the other
one saw, so collectors that write at once need no lock between them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.external import ExternalData

from agentops_dashboard.store.clickhouse.asked import asked
from agentops_dashboard.store.clickhouse.inserter import Inserter
from agentops_dashboard.store.clickhouse.scratch import Scratch
from agentops_dashboard.store.clickhouse.together import Together
from agentops_dashboard.store.rows import LEDGER_COLUMNS, SPAN_COLUMNS, TRACE_COLUMNS
from agentops_dashboard.store.sqlite.summary import SUMMARY_COLUMNS, SUMMED_COLUMNS, USAGE_COLUMNS, recompute

__all__ = ["Summaries", "session_number"]

_AT_ONCE = 2_000
_TRACE_ID, _SESSION_ID, _TRACE_PROCESS = (TRACE_COLUMNS.index(name) for name in ("trace_id", "session_id", "process"))
_PROCESS = LEDGER_COLUMNS.index("process")
_NOTHING = (0, 0, 0, 0, None, None, None, None, None)
"""The values of a label that a session has no longer."""
_ASKED = "WHERE project = {project:String} AND trace_id IN (SELECT trace_id FROM asked)"
# Of equal versions what was computed or told later, as whole rows are chosen.
_FACTS = f"SELECT {', '.join(TRACE_COLUMNS)}, tags FROM trace_fact {_ASKED} ORDER BY version, rank, span_id"
_MEMBERS = f"""
SELECT {", ".join(TRACE_COLUMNS)} FROM trace
WHERE project = {{project:String}} AND session_id IN (SELECT session_id FROM asked)
ORDER BY trace_id
"""
_SPANS = f"SELECT {', '.join(SUMMED_COLUMNS)} FROM span {_ASKED}"
_LEDGERS = f"SELECT {', '.join(LEDGER_COLUMNS)} FROM ledger {_ASKED}"
_DEAD = "SELECT process FROM dead_process WHERE process IN (SELECT process FROM asked)"
_LABELS = """
SELECT sid, label_kind, label FROM usage WHERE project = {project:String} AND sid IN (SELECT sid FROM asked)
"""
_NO_LONGER = {
    "kind": "'chain'",
    **dict.fromkeys(
        ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens", "cost_nano",
         "cost_source"), "NULL",
    ),
    "rank": "rank + 1",
}  # fmt: skip
_FOLD = f"""
INSERT INTO span ({", ".join(SPAN_COLUMNS)}, rank)
SELECT {", ".join(_NO_LONGER.get(name, name) for name in (*SPAN_COLUMNS, "rank"))} FROM span
WHERE project = {{project:String}} AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM asked) AND kind = 'llm'
"""
_MOVE_TAGS = """
INSERT INTO session_tag (project, sid, tag, is_removed, version)
SELECT project, transform(sid, {old:Array(Int64)}, {new:Array(Int64)}, toInt64(0)), tag, is_removed, version
FROM session_tag WHERE project = {project:String} AND sid IN {old:Array(Int64)} AND version > 0
"""
_TAKE_BACK = {
    "session_tag": "project, sid, tag, {now:Int64} AS version",
    "usage": "project, sid, label_kind, label, {now:Int64} AS revision",
    "session": "project, sid, session_id, {now:Int64} AS revision",
}


def session_number(project: str, session_id: str) -> int:
    """Return a session's number: the same wherever and whenever it is computed, so nobody has to hand it out."""
    digest = hashlib.blake2b(f"{project}\0{session_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


class Summaries:
    """Recomputes what is computed, for one caller at a time."""

    def __init__(self, client: Client, inserter: Inserter, together: Together) -> None:
        self._client = client
        self._inserter = inserter
        self._together = together
        self._scratch = Scratch()
        self._last_ns = 0

    def close(self) -> None:
        """Give up what it computes in."""
        self._scratch.close()

    def sessions_of(self, project: str, traces: Iterable[str]) -> dict[str, str]:
        """Return which sessions traces belong to, as far as they are known."""
        found = self._client.query(
            "SELECT trace_id, session_id FROM trace WHERE project = {project:String} "
            "AND trace_id IN (SELECT trace_id FROM asked)",
            {"project": project},
            external_data=asked("trace_id", rows=((trace_id,) for trace_id in traces)),
        )
        return {row[0]: row[1] for row in found.result_rows}

    def recompute(self, project: str, traces: Iterable[str], before: Mapping[str, str] | None = None) -> None:
        """Recompute traces from their facts, and the sessions that they belong to.

        Args:
            project: Whose they are.
            traces: Ids of traces whose rows have changed.
            before: Which sessions they belonged to; one that none belongs to any more is taken back.
        """
        ids = sorted(set(traces))
        for start in range(0, len(ids), _AT_ONCE):
            self._recompute(project, ids[start : start + _AT_ONCE], before or {})

    def _recompute(self, project: str, traces: list[str], before: Mapping[str, str]) -> None:
        changed = self._recompute_traces(project, traces)
        # Not before the traces are there: of two collectors that write one session the later one sees both's.
        now_ns = self.now_ns()
        left = [before[trace_id] for trace_id in traces if trace_id in before]
        about = asked("session_id", rows=((session_id,) for session_id in {*changed.values(), *left}))
        members = self._query(_MEMBERS, about, project)
        session_of = {row[_TRACE_ID]: row[_SESSION_ID] for row in members}
        moved = {
            before[trace_id]: session_of[trace_id]
            for trace_id in traces
            if before.get(trace_id, session_of.get(trace_id)) != session_of.get(trace_id)
        }
        if moved:
            self._move(project, moved, set(session_of.values()), now_ns)
        if members:
            self._recompute_sessions(project, members, session_of, now_ns)

    def _recompute_traces(self, project: str, traces: list[str]) -> dict[str, str]:
        """Make traces and their tags of their facts; returns which sessions they belong to."""
        now_ns = self.now_ns()
        facts = self._query(_FACTS, asked("trace_id", rows=((trace_id,) for trace_id in traces)), project)
        with self._scratch.empty() as scratch:
            scratch.put_facts([row[:-1] for row in facts])
            found = scratch.rows("trace", TRACE_COLUMNS)
        self._inserter.insert("trace", (*TRACE_COLUMNS, "revision"), [(*row, now_ns) for row in found])
        session_of = {row[_TRACE_ID]: row[_SESSION_ID] for row in found}
        tags = {(session_number(project, session_of[row[_TRACE_ID]]), tag) for row in facts for tag in row[-1]}
        self._inserter.insert("session_tag", ("project", "sid", "tag"), [(project, *row) for row in sorted(tags)])
        return session_of

    def _recompute_sessions(
        self, project: str, members: Sequence[Sequence[Any]], session_of: dict[str, str], now_ns: int
    ) -> None:
        about = asked("trace_id", rows=((trace_id,) for trace_id in session_of))
        sids = {session_id: session_number(project, session_id) for session_id in session_of.values()}
        numbers = asked("sid", rows=((sid,) for sid in sids.values()))
        with self._scratch.empty() as scratch:
            (ledgers, dead), labels, _ = self._together.run(
                lambda: self._ledgers(project, about, members),
                lambda: self._query(_LABELS, numbers, project),
                lambda: self._put_spans(scratch, project, about),
            )
            scratch.put("trace", TRACE_COLUMNS, members)
            scratch.put("ledger", LEDGER_COLUMNS, ledgers)
            scratch.put("dead_process", ("process",), dead)
            scratch.put("session_key", ("project", "session_id", "sid"), ((project, *pair) for pair in sids.items()))
            recompute(scratch.connection, project, session_of, now_ns)
            folded = scratch.rows("folded", ("trace_id", "span_id"))
            sessions = scratch.rows("session", SUMMARY_COLUMNS)
            usage = scratch.rows("usage", USAGE_COLUMNS)
        if folded:
            wrappers = asked("trace_id", "span_id", rows=folded)
            self._client.command(_FOLD, {"project": project}, external_data=wrappers)
        gone = {tuple(row) for row in labels} - {(row[0], row[2], row[3]) for row in usage}
        kept = [(*row, now_ns, 0) for row in usage]
        removed = [(sid, project, kind, label, *_NOTHING, now_ns, 1) for sid, kind, label in gone]
        self._together.run(
            lambda: self._inserter.insert("usage", (*USAGE_COLUMNS, "revision", "is_deleted"), kept + removed),
            lambda: self._inserter.insert("session", SUMMARY_COLUMNS, sessions),
        )

    def _ledgers(
        self, project: str, about: ExternalData, members: Sequence[Sequence[Any]]
    ) -> tuple[Sequence[Sequence[Any]], Sequence[Sequence[Any]]]:
        """What processes said of these traces, and which of the processes are dead."""
        ledgers = self._query(_LEDGERS, about, project)
        processes = {row[_PROCESS] for row in ledgers} | {row[_TRACE_PROCESS] for row in members} - {None}
        if not processes:
            return ledgers, []
        return ledgers, self._query(_DEAD, asked("process", rows=((one,) for one in processes)), project)

    def _put_spans(self, scratch: Scratch, project: str, about: ExternalData) -> None:
        """A block at a time: a session may have any number of spans."""
        with self._client.query_row_block_stream(_SPANS, {"project": project}, external_data=about) as blocks:
            for block in blocks:
                scratch.put("span", SUMMED_COLUMNS, block)

    def _query(self, statement: str, about: ExternalData, project: str) -> Sequence[Sequence[Any]]:
        return self._client.query(statement, {"project": project}, external_data=about).result_rows

    def _move(self, project: str, moved: dict[str, str], alive: set[str], now_ns: int) -> None:
        """A late span said which session its trace belongs to: take back what was kept under the trace's own id."""
        old = [session_number(project, session_id) for session_id in moved]
        new = [session_number(project, session_id) for session_id in moved.values()]
        self._client.command(_MOVE_TAGS, {"project": project, "old": old, "new": new})
        gone = [session_number(project, session_id) for session_id in moved if session_id not in alive]
        if gone:
            for table, values in _TAKE_BACK.items():
                columns = values.replace("{now:Int64} AS ", "")
                self._client.command(
                    f"INSERT INTO {table} ({columns}, is_deleted) SELECT {values}, 1 FROM {table} "
                    "WHERE project = {project:String} AND sid IN {old:Array(Int64)}",
                    {"project": project, "old": gone, "now": now_ns},
                )

    def now_ns(self) -> int:
        """The server's clock, which all collectors share; never the same moment twice."""
        server = self._client.query("SELECT toUnixTimestamp64Nano(now64(9))").result_rows[0][0]
        self._last_ns = max(int(server), self._last_ns + 2)
        return self._last_ns
