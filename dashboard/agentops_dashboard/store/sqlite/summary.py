"""Session summaries, recomputed from the session's spans after each batch: never incremented, so always right.

Joins are written ``CROSS JOIN`` because SQLite then keeps the order given, from the few traces of one session to their
spans; left to itself it scanned all spans.
"""

import sqlite3
from collections.abc import Iterable

from agentops_dashboard.semantics.finish_reasons import CUT_OFF
from agentops_dashboard.store.rows import MOST_BETWEEN

__all__ = ["SUMMARY_COLUMNS", "SUMMED_COLUMNS", "USAGE_COLUMNS", "recompute", "session_number"]


def _sum_of_times(nanoseconds: str) -> str:
    """SQL for a sum of durations: of what hostile programs claim, it may pass 64 bits, for which ``sum`` fails."""
    return f"CAST(min(total({nanoseconds}), {2.0**62:.0f}.0) AS INTEGER)"


_RECOMPUTED = (
    "name", "state", "end_reason", "start_ns", "end_ns", "duration_ns", "last_ns", "alive_ns", "user", "environment",
    "service", "frameworks", "sdk", "host", "metadata", "first_input", "last_output", "parent_session_id",
    "parent_span_id", "traces", "spans", "agents", "llm_calls", "tool_calls", "errors", "swallowed", "open_spans",
    "human_waits", "open_waits", "waiting_ns", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens", "total_tokens", "cost_nano", "cost_source", "unpriced_calls", "missing", "dropped_payloads",
    "redactions", "revision", "release",
)  # fmt: skip
SUMMARY_COLUMNS = ("sid", "project", "session_id", *_RECOMPUTED)
_USED = (
    "trace_id", "span_id", "parent_id", "seq", "kind", "name", "status", "start_ns", "end_ns", "agent", "tool", "model",
    "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens", "cost_nano",
    "cost_source", "error_type", "swallowed", "finish_reason", "fingerprint",
)  # fmt: skip
SUMMED_COLUMNS = ("project", "version", *_USED)
"""What a span must have to be counted."""
_FOUND = ", ".join(f"span.{column}" for column in _USED)
"""What sums are made of. A span's other columns are the longer part of it, and each row is copied."""
_SUMMARY = f"""
INSERT INTO session ({", ".join(SUMMARY_COLUMNS)})
WITH found AS MATERIALIZED (
  SELECT {_FOUND} FROM trace CROSS JOIN span ON span.project = trace.project AND span.trace_id = trace.trace_id
  WHERE trace.project = :project AND trace.session_id = :session_id
), failed AS MATERIALIZED (SELECT span_id, parent_id FROM found WHERE status = 'error')
, s AS (
  SELECT min(start_ns) AS start_ns, max(coalesce(end_ns, start_ns)) AS last_ns, count(*) AS spans,
    max(CASE WHEN parent_id IS NULL THEN end_ns END) AS root_end_ns,
    max(CASE WHEN parent_id IS NULL THEN name END) AS root_name,
    sum(parent_id IS NULL AND status = 'error') AS root_errors,
    sum(seq IS NOT NULL) AS native_spans,
    count(DISTINCT CASE WHEN kind = 'agent' THEN coalesce(agent, name) END) AS agents,
    sum(kind = 'llm') AS llm_calls, sum(kind = 'tool') AS tool_calls,
    (SELECT count(*) FROM failed WHERE span_id NOT IN
      (SELECT parent_id FROM failed WHERE parent_id IS NOT NULL)) AS errors,
    sum(swallowed IS NOT NULL) AS swallowed,
    sum(end_ns IS NULL) AS open_spans, sum(kind = 'human') AS human_waits,
    sum(kind = 'human' AND end_ns IS NULL) AS open_waits,
    {_sum_of_times("CASE WHEN kind = 'human' THEN coalesce(end_ns, start_ns) - start_ns ELSE 0 END")} AS waiting_ns,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cached_tokens) AS cached_tokens,
    sum(cache_write_tokens) AS cache_write_tokens, sum(reasoning_tokens) AS reasoning_tokens,
    sum(cost_nano) AS cost_nano, max(cost_source) AS cost_source,
    sum(kind IN ('llm', 'embedding') AND cost_nano IS NULL AND end_ns IS NOT NULL
      AND status != 'error') AS unpriced_calls
  FROM found
), t AS (
  SELECT count(*) AS traces,
    (SELECT name FROM trace WHERE project = :project AND session_id = :session_id AND name IS NOT NULL
      ORDER BY first_input_ns IS NULL, first_input_ns, trace_id LIMIT 1) AS name,
    coalesce(max(CASE WHEN state = 'error' THEN state END), max(state)) AS state,
    max(end_reason) AS end_reason, max(metadata) AS metadata, max(user) AS user, max(service) AS service,
    max(environment) AS environment, max(release) AS release,
    max(frameworks) AS frameworks, max(sdk) AS sdk, max(host) AS host,
    max(parent_session_id) AS parent_session_id, max(parent_span_id) AS parent_span_id, max(is_native) AS is_native
  FROM trace WHERE project = :project AND session_id = :session_id
), l AS (
  SELECT max(ledger.time_ns) AS time_ns, coalesce(sum(spans), 0) AS spans,
    coalesce(sum(dropped_payloads), 0) AS dropped_payloads, coalesce(sum(redactions), 0) AS redactions,
    CASE WHEN count(*) > 0 THEN sum(dead_process.process IS NULL) ELSE
      (SELECT count(*) FROM trace WHERE project = :project AND session_id = :session_id
        AND (process IS NULL OR process NOT IN (SELECT process FROM dead_process))) END AS alive_processes
  FROM trace CROSS JOIN ledger ON ledger.project = trace.project AND ledger.trace_id = trace.trace_id
  LEFT JOIN dead_process ON dead_process.process = ledger.process
  WHERE trace.project = :project AND trace.session_id = :session_id
), state AS (
  SELECT CASE
    WHEN t.state IS NOT NULL THEN t.state
    WHEN t.is_native = 1 AND l.alive_processes = 0 THEN 'abandoned'
    WHEN t.is_native = 1 OR s.open_spans > 0 THEN 'running'
    WHEN s.root_errors > 0 THEN 'error'
    ELSE 'success'
  END AS state FROM s, t, l
), finish AS (
  SELECT CASE WHEN state.state != 'running' THEN coalesce(s.root_end_ns, s.last_ns) END AS end_ns FROM s, state
)
SELECT :sid, :project, :session_id, coalesce(t.name, s.root_name, 'session'), state.state, t.end_reason,
  s.start_ns, finish.end_ns, finish.end_ns - s.start_ns, s.last_ns, max(coalesce(l.time_ns, 0), s.last_ns),
  t.user, t.environment, t.service, t.frameworks, t.sdk, t.host, t.metadata,
  (SELECT first_input FROM trace WHERE project = :project AND session_id = :session_id AND first_input IS NOT NULL
    ORDER BY first_input_ns LIMIT 1),
  (SELECT last_output FROM trace WHERE project = :project AND session_id = :session_id AND last_output IS NOT NULL
    ORDER BY last_output_ns DESC LIMIT 1),
  t.parent_session_id, t.parent_span_id, t.traces,
  s.spans, s.agents, s.llm_calls, s.tool_calls, s.errors, s.swallowed, s.open_spans, s.human_waits, s.open_waits,
  s.waiting_ns, s.input_tokens, s.output_tokens, s.cached_tokens, s.cache_write_tokens, s.reasoning_tokens,
  CASE WHEN s.input_tokens IS NULL AND s.output_tokens IS NULL THEN NULL
       ELSE coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0) END,
  s.cost_nano, s.cost_source, s.unpriced_calls,
  max(l.spans - s.native_spans, 0), l.dropped_payloads, l.redactions, :now, t.release
FROM s, t, l, state, finish WHERE s.spans > 0
ON CONFLICT (sid) DO UPDATE SET
""" + ", ".join(f"{column} = excluded.{column}" for column in _RECOMPUTED)

_FOLD_WRAPPERS = """
UPDATE span SET kind = 'chain', input_tokens = NULL, output_tokens = NULL, cached_tokens = NULL,
  cache_write_tokens = NULL, reasoning_tokens = NULL, cost_nano = NULL, cost_source = NULL
WHERE project = :project AND kind = 'llm'
  AND trace_id IN (SELECT trace_id FROM trace WHERE project = :project AND session_id = :session_id AND is_native = 0)
  AND (trace_id, span_id) IN (
    SELECT inner_call.trace_id, inner_call.parent_id
    FROM trace CROSS JOIN span AS inner_call
      ON inner_call.project = trace.project AND inner_call.trace_id = trace.trace_id
    WHERE trace.project = :project AND trace.session_id = :session_id AND trace.is_native = 0
      AND inner_call.kind = 'llm' AND inner_call.parent_id IS NOT NULL)
"""
"""Two foreign instrumentations that see one model call nest a span in the other: the inner one owns the usage."""

_CUT_OFF = ", ".join(f"'{reason}'" for reason in CUT_OFF)
_BEGAN = (
    "status = 'error' AND span_id NOT IN (SELECT parent_id FROM found WHERE status = 'error' AND parent_id IS NOT NULL)"
)
_LABELS = (
    ("tool", "coalesce(tool, name)", "kind = 'tool'"),
    ("model", "model", "kind IN ('llm', 'embedding')"),
    ("error", "coalesce(error_type, 'error')", "status = 'error'"),
    # Where it began only, as the session counts its errors.
    ("fingerprint", "coalesce(fingerprint, error_type, 'error')", _BEGAN),
)
USAGE_COLUMNS = (
    "sid", "project", "label_kind", "label", "start_ns", "calls", "errors", "duration_ns", "input_tokens",
    "output_tokens", "cached_tokens", "cost_nano", "cut_off",
)  # fmt: skip
# A model call's usage is that of the agent nearest above it: climbing goes up from each call until it meets one.
_USAGE = (
    f"""
INSERT INTO usage ({", ".join(USAGE_COLUMNS)})
WITH RECURSIVE found AS MATERIALIZED (
  SELECT {_FOUND} FROM trace CROSS JOIN span ON span.project = trace.project AND span.trace_id = trace.trace_id
  WHERE trace.project = :project AND trace.session_id = :session_id
), climbing AS (
  SELECT trace_id, CASE WHEN kind = 'agent' THEN span_id ELSE parent_id END AS above, 1 AS steps,
    kind = 'agent' AS runs, start_ns, end_ns, status, input_tokens, output_tokens, cached_tokens, cost_nano
  FROM found
  WHERE (kind = 'agent' OR coalesce(input_tokens, output_tokens, cost_nano) IS NOT NULL)
    AND EXISTS (SELECT 1 FROM found WHERE kind = 'agent')
  UNION ALL
  SELECT c.trace_id, span.parent_id, steps + 1, runs, c.start_ns, c.end_ns, c.status, c.input_tokens, c.output_tokens,
    c.cached_tokens, c.cost_nano
  FROM climbing AS c CROSS JOIN span
    ON span.project = :project AND span.trace_id = c.trace_id AND span.span_id = c.above
  WHERE span.kind != 'agent' AND steps < {MOST_BETWEEN}
)
SELECT :sid, :project, 'agent', coalesce(owner.agent, owner.name) AS label, min(CASE WHEN runs THEN c.start_ns END),
  sum(runs), sum(runs AND c.status = 'error'),
  {_sum_of_times("CASE WHEN runs THEN coalesce(c.end_ns, c.start_ns) - c.start_ns ELSE 0 END")},
  sum(c.input_tokens), sum(c.output_tokens), sum(c.cached_tokens), sum(c.cost_nano), NULL
FROM climbing AS c CROSS JOIN span AS owner
  ON owner.project = :project AND owner.trace_id = c.trace_id AND owner.span_id = c.above AND owner.kind = 'agent'
GROUP BY label
UNION ALL
"""
    + " UNION ALL ".join(
        f"""
SELECT :sid, :project, '{kind}', {label}, min(start_ns), count(*), sum(status = 'error'),
  {_sum_of_times("coalesce(end_ns, start_ns) - start_ns")},
  sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(cost_nano), sum(finish_reason IN ({_CUT_OFF}))
FROM found WHERE {only} AND {label} IS NOT NULL GROUP BY {label}
"""
        for kind, label, only in _LABELS
    )
    + """ UNION ALL
SELECT DISTINCT :sid, :project, 'framework', json_each.value, (SELECT min(start_ns) FROM found), 1, 0, 0,
  NULL, NULL, NULL, NULL, NULL
FROM trace CROSS JOIN json_each(trace.frameworks)
WHERE trace.project = :project AND trace.session_id = :session_id AND trace.frameworks IS NOT NULL
"""
)


def session_number(connection: sqlite3.Connection, project: str, session_id: str) -> int:
    """Return a session's number, given to it now if it has none."""
    found = connection.execute(_FIND_NUMBER, (project, session_id)).fetchone()
    if found is None:
        connection.execute("INSERT INTO session_key (project, session_id) VALUES (?, ?)", (project, session_id))
        found = connection.execute(_FIND_NUMBER, (project, session_id)).fetchone()
    number: int = found[0]
    return number


_FIND_NUMBER = "SELECT sid FROM session_key WHERE project = ? AND session_id = ?"


def recompute(connection: sqlite3.Connection, project: str, trace_ids: Iterable[str], now_ns: int) -> None:
    """Recompute the summaries of the sessions that these traces belong to."""
    sessions: dict[str, bool] = {}
    for trace_id in trace_ids:
        row = connection.execute(
            "SELECT session_id, is_native FROM trace WHERE project = ? AND trace_id = ?", (project, trace_id)
        ).fetchone()
        if row:
            sessions[row[0]] = bool(row[1]) and sessions.get(row[0], True)
    for session_id, is_native in sessions.items():
        sid = session_number(connection, project, session_id)
        bound = {"project": project, "session_id": session_id, "sid": sid, "now": now_ns}
        if not is_native:
            connection.execute(_FOLD_WRAPPERS, bound)
        connection.execute(_SUMMARY, bound)
        connection.execute("DELETE FROM usage WHERE sid = :sid", bound)
        connection.execute(_USAGE, bound)
