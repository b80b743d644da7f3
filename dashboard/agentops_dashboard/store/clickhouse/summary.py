"""What is computed from stored rows on ClickHouse: traces from their facts, summaries of sessions from their spans.

Computed again from all rows after each batch, never counted up. Each result carries the moment at which its reading
began, and of two results for one session the later moment wins: it saw whatever the other one saw, so collectors that
write at once need no lock between them.
"""

import functools
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.external import ExternalData

from agentops_dashboard.semantics.finish_reasons import CUT_OFF
from agentops_dashboard.store.clickhouse.asked import asked
from agentops_dashboard.store.clickhouse.together import Together
from agentops_dashboard.store.rows import MOST_BETWEEN, SPAN_COLUMNS, TRACE_COLUMNS

__all__ = ["Summaries", "session_number"]

_AT_ONCE = 2_000

_LAST_WINS = (
    "name", "state", "end_reason", "metadata", "user", "service", "environment", "frameworks", "sdk", "host", "process",
    "parent_session_id", "parent_span_id", "release",
)  # fmt: skip
_TRACE_VALUES = {
    "project": "project",
    "trace_id": "trace_id",
    # The surest says which session it is; of equally sure ones the smaller id, in whatever order they came.
    "session_id": "argMin(session_id, (-is_grouped, session_id))",
    "version": "max(version)",
    # The later version's value wins, but a value beats none: rows without one are passed over.
    **{name: f"argMaxIf({name}, (version, rank, span_id), {name} IS NOT NULL)" for name in _LAST_WINS},
    "first_input": "argMinIf(first_input, (first_input_ns, span_id), first_input IS NOT NULL)",
    "first_input_ns": "min(first_input_ns)",
    "last_output": "argMaxIf(last_output, (last_output_ns, span_id), last_output IS NOT NULL)",
    "last_output_ns": "max(last_output_ns)",
    "is_native": "max(is_native)",
    "is_grouped": "max(is_grouped)",
}
_TRACES = f"""
INSERT INTO trace ({", ".join(TRACE_COLUMNS)}, revision)
SELECT {", ".join(_TRACE_VALUES[name] for name in TRACE_COLUMNS)}, {{now:Int64}}
FROM trace_fact WHERE project = {{project:String}} AND trace_id IN (SELECT trace_id FROM asked)
GROUP BY project, trace_id
"""
_TAGS = """
INSERT INTO session_tag (project, sid, tag)
SELECT DISTINCT project, asked.sid, arrayJoin(tags)
FROM trace_fact INNER JOIN asked ON asked.trace_id = trace_fact.trace_id
WHERE project = {project:String} AND trace_fact.trace_id IN (SELECT trace_id FROM asked)
"""

_NO_LONGER = {
    "kind": "'chain'",
    **dict.fromkeys(
        ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens", "cost_nano",
         "cost_source"), "NULL",
    ),
    "rank": "rank + 1",
}  # fmt: skip
_FOLD_WRAPPERS = f"""
INSERT INTO span ({", ".join(SPAN_COLUMNS)}, rank)
SELECT {", ".join(_NO_LONGER.get(name, name) for name in (*SPAN_COLUMNS, "rank"))} FROM span
WHERE project = {{project:String}} AND trace_id IN (SELECT trace_id FROM asked) AND kind = 'llm'
  AND (trace_id, span_id) IN (
    SELECT trace_id, assumeNotNull(parent_id) FROM span
    WHERE project = {{project:String}} AND trace_id IN (SELECT trace_id FROM asked) AND kind = 'llm'
      AND parent_id IS NOT NULL)
"""
"""Two foreign instrumentations that see one model call nest a span in the other: the inner one owns the usage."""

_WITH = """
WITH {now:Int64} AS now_ns, (SELECT groupArray(trace_id) FROM asked) AS asked_traces,
  (SELECT groupArray(sid) FROM asked) AS asked_sids, found AS (
  SELECT *, transform(trace_id, asked_traces, asked_sids, toInt64(0)) AS sid FROM span
  WHERE project = {project:String} AND trace_id IN (SELECT trace_id FROM asked)
), told AS (
  SELECT *, transform(trace_id, asked_traces, asked_sids, toInt64(0)) AS sid FROM trace
  WHERE project = {project:String} AND trace_id IN (SELECT trace_id FROM asked)
)
"""
_STATE = """multiIf(
  t.state IS NOT NULL, t.state,
  t.is_native = 1 AND coalesce(l.alive_processes, t.alive_processes) = 0, 'abandoned',
  t.is_native = 1 OR s.open_spans > 0, 'running',
  s.root_errors > 0, 'error',
  'success')"""
_END = f"if({_STATE} != 'running', coalesce(s.root_end_ns, s.last_ns), NULL)"
_SUMMARY_VALUES = {
    "sid": "s.sid",
    "project": "{project:String}",
    "session_id": "t.session_id",
    "name": "coalesce(t.name, s.root_name, 'session')",
    "state": _STATE,
    "end_reason": "t.end_reason",
    "start_ns": "s.start_ns",
    "end_ns": _END,
    "duration_ns": f"{_END} - s.start_ns",
    "last_ns": "s.last_ns",
    "alive_ns": "greatest(coalesce(l.time_ns, 0), s.last_ns)",
    **{
        name: f"t.{name}"
        for name in (
            "user", "environment", "service", "frameworks", "sdk", "host", "metadata", "first_input", "last_output",
            "parent_session_id", "parent_span_id", "traces", "release",
        )
    },
    **{
        name: f"s.{name}"
        for name in (
            "spans", "agents", "llm_calls", "tool_calls", "errors", "swallowed", "open_spans", "human_waits",
            "open_waits", "waiting_ns", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens",
            "reasoning_tokens", "cost_nano", "cost_source", "unpriced_calls",
        )
    },
    "total_tokens": "if(s.input_tokens IS NULL AND s.output_tokens IS NULL, NULL,"
    " coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0))",
    "missing": "greatest(coalesce(l.spans, 0) - s.native_spans, 0)",
    "dropped_payloads": "coalesce(l.dropped_payloads, 0)",
    "redactions": "coalesce(l.redactions, 0)",
    "revision": "{now:Int64}",
}  # fmt: skip
_SUMMARY = (
    f"INSERT INTO session ({', '.join(_SUMMARY_VALUES)})"
    + _WITH
    + """
, s AS (
  SELECT sid, min(start_ns) AS start_ns, max(coalesce(end_ns, start_ns)) AS last_ns, count() AS spans,
    maxIf(end_ns, parent_id IS NULL) AS root_end_ns, maxOrNullIf(name, parent_id IS NULL) AS root_name,
    countIf(parent_id IS NULL AND status = 'error') AS root_errors, countIf(seq IS NOT NULL) AS native_spans,
    uniqExactIf(coalesce(agent, name), kind = 'agent') AS agents,
    countIf(kind = 'llm') AS llm_calls, countIf(kind = 'tool') AS tool_calls,
    groupUniqArrayIf(span_id, status = 'error') AS failed,
    groupUniqArrayIf(assumeNotNull(parent_id), status = 'error' AND parent_id IS NOT NULL) AS passed_on,
    length(failed) - length(arrayIntersect(failed, passed_on)) AS errors,
    countIf(swallowed IS NOT NULL) AS swallowed, countIf(end_ns IS NULL) AS open_spans,
    countIf(kind = 'human') AS human_waits, countIf(kind = 'human' AND end_ns IS NULL) AS open_waits,
    sumIf(coalesce(end_ns, start_ns) - start_ns, kind = 'human') AS waiting_ns,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cached_tokens) AS cached_tokens,
    sum(cache_write_tokens) AS cache_write_tokens, sum(reasoning_tokens) AS reasoning_tokens,
    sum(cost_nano) AS cost_nano, max(cost_source) AS cost_source,
    countIf(kind IN ('llm', 'embedding') AND cost_nano IS NULL AND end_ns IS NOT NULL AND status != 'error')
      AS unpriced_calls
  FROM found GROUP BY sid
), t AS (
  SELECT sid, any(session_id) AS session_id, count() AS traces,
    argMinIf(name, (first_input_ns IS NULL, coalesce(first_input_ns, 0), trace_id), name IS NOT NULL) AS name,
    coalesce(maxIf(state, state = 'error'), max(state)) AS state,
    max(end_reason) AS end_reason, max(metadata) AS metadata, max(user) AS user, max(service) AS service,
    max(environment) AS environment, max(release) AS release, max(frameworks) AS frameworks, max(sdk) AS sdk,
    max(host) AS host, max(parent_session_id) AS parent_session_id, max(parent_span_id) AS parent_span_id,
    max(is_native) AS is_native,
    argMinIf(first_input, (first_input_ns, trace_id), first_input IS NOT NULL) AS first_input,
    argMaxIf(last_output, (last_output_ns, trace_id), last_output IS NOT NULL) AS last_output,
    countIf(process IS NULL OR process NOT IN (SELECT process FROM dead_process)) AS alive_processes
  FROM told GROUP BY sid
), l AS (
  SELECT transform(trace_id, asked_traces, asked_sids, toInt64(0)) AS sid,
    max(time_ns) AS time_ns, sum(spans) AS spans, sum(dropped_payloads) AS dropped_payloads,
    sum(redactions) AS redactions, countIf(process NOT IN (SELECT process FROM dead_process)) AS alive_processes
  FROM ledger WHERE project = {project:String} AND trace_id IN (SELECT trace_id FROM asked) GROUP BY sid
)
"""
    + f"SELECT {', '.join(_SUMMARY_VALUES.values())} "
    + "FROM s INNER JOIN t ON t.sid = s.sid LEFT JOIN l ON l.sid = s.sid"
)

_USAGE_COLUMNS = (
    "sid", "project", "label_kind", "label", "start_ns", "calls", "errors", "duration_ns", "input_tokens",
    "output_tokens", "cached_tokens", "cost_nano", "cut_off",
)  # fmt: skip
# A model call's usage is that of the agent nearest above it: climbing goes up until it meets one, once for all calls of
# one parent. Steps have a type that stays: while types change, the server analyses the statement once more.
_CLIMBING = f"""
, above AS (
  SELECT trace_id, span_id, parent_id, kind = 'agent' AS is_agent, coalesce(toString(agent), name) AS label
  FROM span WHERE project = {{project:String}} AND trace_id IN (SELECT trace_id FROM asked)
), climbing AS (
  SELECT sid, trace_id, if(kind = 'agent', span_id, assumeNotNull(parent_id)) AS place, toInt64(1) AS steps,
    minOrNullIf(start_ns, kind = 'agent') AS begun_ns, countIf(kind = 'agent') AS runs,
    countIf(kind = 'agent' AND status = 'error') AS failed,
    sumIf(coalesce(end_ns, start_ns) - start_ns, kind = 'agent') AS long, sum(input_tokens) AS input,
    sum(output_tokens) AS output, sum(cached_tokens) AS cached, sum(cost_nano) AS cost
  FROM found
  WHERE kind = 'agent' OR (parent_id IS NOT NULL AND coalesce(input_tokens, output_tokens, cost_nano) IS NOT NULL)
  GROUP BY sid, trace_id, place
  UNION ALL
  SELECT c.sid, c.trace_id, assumeNotNull(up.parent_id), c.steps + 1, c.begun_ns, c.runs, c.failed, c.long, c.input,
    c.output, c.cached, c.cost
  FROM climbing AS c INNER JOIN above AS up ON up.trace_id = c.trace_id AND up.span_id = c.place
  WHERE NOT up.is_agent AND up.parent_id IS NOT NULL AND c.steps < {MOST_BETWEEN}
)
"""
_CUT_OFF = ", ".join(f"'{reason}'" for reason in CUT_OFF)
# What a label had before is taken back one step below the new rows, so that only labels without new rows go.
_USAGE = (
    f"INSERT INTO usage ({', '.join(_USAGE_COLUMNS)}, revision, is_deleted)"
    + _WITH.replace("WITH", "WITH RECURSIVE", 1)
    + _CLIMBING
    + f"""
SELECT c.sid, {{project:String}}, 'agent', owner.label, assumeNotNull(min(c.begun_ns)), sum(c.runs), sum(c.failed),
  sum(c.long), sum(c.input), sum(c.output), sum(c.cached), sum(c.cost), NULL, now_ns, 0
FROM climbing AS c
INNER JOIN above AS owner ON owner.trace_id = c.trace_id AND owner.span_id = c.place AND owner.is_agent
GROUP BY c.sid, owner.label
UNION ALL
SELECT sid, {{project:String}}, pair.1 AS label_kind, assumeNotNull(pair.2) AS label, min(start_ns), count(),
  countIf(status = 'error'), sum(coalesce(end_ns, start_ns) - start_ns), sum(input_tokens), sum(output_tokens),
  sum(cached_tokens), sum(cost_nano), sum(finish_reason IN ({_CUT_OFF})), now_ns, 0
FROM found ARRAY JOIN arrayFilter(one -> one.2 IS NOT NULL, [
  ('tool', if(kind = 'tool', toNullable(coalesce(toString(tool), name)), NULL)),
  ('model', if(kind IN ('llm', 'embedding'), toNullable(toString(model)), NULL)),
  ('error', if(status = 'error', toNullable(coalesce(toString(error_type), 'error')), NULL)),
  ('fingerprint', if(status = 'error' AND (sid, span_id) NOT IN (SELECT sid, assumeNotNull(parent_id) FROM found
    WHERE status = 'error' AND parent_id IS NOT NULL),
    toNullable(coalesce(fingerprint, toString(error_type), 'error')), NULL))]) AS pair
GROUP BY sid, label_kind, label
UNION ALL
SELECT sid, {{project:String}}, 'framework', label, start_ns, 1, 0, 0, NULL, NULL, NULL, NULL, NULL, now_ns, 0
FROM (SELECT DISTINCT sid, arrayJoin(JSONExtract(assumeNotNull(frameworks), 'Array(String)')) AS label
      FROM told WHERE frameworks IS NOT NULL) AS named
INNER JOIN (SELECT sid, min(start_ns) AS start_ns FROM found GROUP BY sid) AS begun ON begun.sid = named.sid
UNION ALL
SELECT {", ".join(_USAGE_COLUMNS)}, now_ns - 1, 1
FROM usage WHERE project = {{project:String}} AND sid IN (SELECT sid FROM asked)
"""
)

_MEMBERS = """
SELECT trace_id, session_id, is_native FROM trace WHERE project = {project:String} AND session_id IN (
  SELECT session_id FROM trace WHERE project = {project:String} AND trace_id IN (SELECT trace_id FROM asked)
  UNION ALL SELECT session_id FROM asked)
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


@dataclass(slots=True)
class _Members:
    """Sessions and the traces that belong to them."""

    session_of: dict[str, str] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)


class Summaries:
    """Recomputes what is computed, for one caller at a time."""

    def __init__(self, client: Client, together: Together) -> None:
        self._client = client
        self._together = together
        self._last_ns = 0

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
        bound: dict[str, Any] = {"project": project, "now": self.now_ns()}
        changed = asked("trace_id", "session_id", rows=((trace_id, before.get(trace_id, "")) for trace_id in traces))
        self._client.command(_TRACES, bound, external_data=changed)
        members = self._members(project, changed)
        moved = {
            before[trace_id]: members.session_of[trace_id]
            for trace_id in traces
            if trace_id in before and before[trace_id] != members.session_of.get(trace_id, before[trace_id])
        }
        if moved:
            self._move(project, moved, set(members.session_of.values()), bound["now"])
        if not members.session_of:
            return
        if members.foreign:
            foreign = asked("trace_id", rows=((trace_id,) for trace_id in members.foreign))
            self._client.command(_FOLD_WRAPPERS, bound, external_data=foreign)
        sids = {session_id: session_number(project, session_id) for session_id in set(members.session_of.values())}
        numbered = ((trace_id, sids[session_id]) for trace_id, session_id in members.session_of.items())
        run = functools.partial(
            self._client.command, parameters=bound, external_data=asked("trace_id", "sid", rows=numbered)
        )
        self._together.run(*(functools.partial(run, text) for text in (_TAGS, _USAGE, _SUMMARY)))

    def _members(self, project: str, changed: ExternalData) -> _Members:
        """All traces of the sessions that these traces belong to, or that they have left."""
        members = _Members()
        found = self._client.query(_MEMBERS, {"project": project}, external_data=changed)
        for trace_id, session_id, is_native in found.result_rows:
            members.session_of[trace_id] = session_id
            if not is_native:
                members.foreign.append(trace_id)
        return members

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
