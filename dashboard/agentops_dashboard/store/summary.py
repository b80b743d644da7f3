"""Session summaries, recomputed from the session's spans after each batch: never incremented, so always right."""

import sqlite3
from collections.abc import Iterable

__all__ = ["recompute"]

_SUMMARY = """
INSERT OR REPLACE INTO session
SELECT s.project, s.session_id,
  coalesce(t.name, s.root_name, 'session'),
  CASE
    WHEN t.state IS NOT NULL THEN t.state
    WHEN t.is_native = 1 AND l.alive_processes = 0 THEN 'abandoned'
    WHEN t.is_native = 1 THEN 'running'
    WHEN s.open_spans > 0 THEN 'running'
    WHEN s.root_errors > 0 THEN 'error'
    ELSE 'success'
  END,
  t.end_reason, s.start_ns,
  CASE WHEN t.is_native = 1 AND t.state IS NULL AND coalesce(l.alive_processes, 1) > 0 THEN NULL
       WHEN s.root_end_ns IS NOT NULL THEN s.root_end_ns ELSE s.last_ns END,
  CASE WHEN t.is_native = 1 AND t.state IS NULL AND coalesce(l.alive_processes, 1) > 0 THEN NULL
       ELSE coalesce(s.root_end_ns, s.last_ns) - s.start_ns END,
  s.last_ns, max(coalesce(l.time_ns, 0), :now),
  t.user, t.environment, t.service, t.frameworks, t.sdk, t.host, t.metadata,
  (SELECT preview FROM span WHERE project = s.project AND trace_id = t.first_trace AND preview IS NOT NULL
    ORDER BY start_ns, seq LIMIT 1),
  (SELECT preview FROM span WHERE project = s.project AND trace_id = t.first_trace AND kind = 'llm'
    ORDER BY start_ns DESC, seq DESC LIMIT 1),
  t.parent_session_id, t.parent_span_id, t.traces,
  s.spans, s.agents, s.llm_calls, s.tool_calls, s.errors, s.swallowed, s.open_spans, s.human_waits, s.open_waits,
  s.waiting_ns, s.input_tokens, s.output_tokens, s.cached_tokens, s.cache_write_tokens, s.reasoning_tokens,
  CASE WHEN s.input_tokens IS NULL AND s.output_tokens IS NULL THEN NULL
       ELSE coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0) END,
  s.cost_nano, s.cost_source, s.unpriced_calls,
  max(coalesce(l.spans, 0) - s.native_spans, 0), coalesce(l.dropped_payloads, 0), coalesce(l.redactions, 0), :now
FROM (
  SELECT span.project AS project, trace.session_id AS session_id, min(start_ns) AS start_ns,
    max(coalesce(end_ns, start_ns)) AS last_ns, count(*) AS spans,
    max(CASE WHEN parent_id IS NULL THEN end_ns END) AS root_end_ns,
    max(CASE WHEN parent_id IS NULL THEN span.name END) AS root_name,
    sum(parent_id IS NULL AND status = 'error') AS root_errors,
    sum(seq IS NOT NULL) AS native_spans,
    count(DISTINCT CASE WHEN kind = 'agent' THEN coalesce(agent, span.name) END) AS agents,
    sum(kind = 'llm') AS llm_calls, sum(kind = 'tool') AS tool_calls,
    sum(status = 'error' AND kind != 'session') AS errors, sum(swallowed IS NOT NULL) AS swallowed,
    sum(end_ns IS NULL) AS open_spans, sum(kind = 'human') AS human_waits,
    sum(kind = 'human' AND end_ns IS NULL) AS open_waits,
    sum(CASE WHEN kind = 'human' THEN coalesce(end_ns, start_ns) - start_ns ELSE 0 END) AS waiting_ns,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cached_tokens) AS cached_tokens,
    sum(cache_write_tokens) AS cache_write_tokens, sum(reasoning_tokens) AS reasoning_tokens,
    sum(cost_nano) AS cost_nano, max(cost_source) AS cost_source,
    sum(kind = 'llm' AND cost_nano IS NULL) AS unpriced_calls
  FROM trace JOIN span ON span.project = trace.project AND span.trace_id = trace.trace_id
  WHERE trace.project = :project AND trace.session_id = :session_id
) s JOIN (
  SELECT count(*) AS traces, min(trace_id) AS first_trace, max(name) AS name, max(state) AS state,
    max(end_reason) AS end_reason, max(metadata) AS metadata, max(user) AS user, max(service) AS service,
    max(environment) AS environment, max(frameworks) AS frameworks, max(sdk) AS sdk, max(host) AS host,
    max(parent_session_id) AS parent_session_id, max(parent_span_id) AS parent_span_id, max(is_native) AS is_native
  FROM trace WHERE project = :project AND session_id = :session_id
) t LEFT JOIN (
  SELECT max(ledger.time_ns) AS time_ns, sum(spans) AS spans, sum(dropped_payloads) AS dropped_payloads,
    sum(redactions) AS redactions,
    CASE WHEN count(*) > 0 THEN sum(dead_process.process IS NULL) END AS alive_processes
  FROM trace JOIN ledger ON ledger.project = trace.project AND ledger.trace_id = trace.trace_id
  LEFT JOIN dead_process ON dead_process.process = ledger.process
  WHERE trace.project = :project AND trace.session_id = :session_id
) l WHERE s.session_id IS NOT NULL
"""

_USAGE = """
INSERT INTO usage
SELECT span.project, trace.session_id, :label_kind, {label}, min(span.start_ns), count(*), sum(status = 'error'),
  sum(coalesce(end_ns, start_ns) - start_ns), sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(cost_nano)
FROM trace JOIN span ON span.project = trace.project AND span.trace_id = trace.trace_id
WHERE trace.project = :project AND trace.session_id = :session_id AND {label} IS NOT NULL {only}
GROUP BY {label}
"""
_LABELS = (
    ("agent", "agent", "AND kind = 'agent'"),
    ("tool", "tool", "AND kind = 'tool'"),
    ("model", "model", "AND kind IN ('llm', 'embedding')"),
    ("error", "error_type", "AND status = 'error'"),
)
_USAGE_BY_LABEL = tuple((kind, _USAGE.format(label=label, only=only)) for kind, label, only in _LABELS)


def recompute(connection: sqlite3.Connection, project: str, trace_ids: Iterable[str], now_ns: int) -> None:
    """Recompute the summaries of the sessions that these traces belong to."""
    session_ids = set()
    for trace_id in trace_ids:
        row = connection.execute(
            "SELECT session_id FROM trace WHERE project = ? AND trace_id = ?", (project, trace_id)
        ).fetchone()
        if row:
            session_ids.add(row[0])
    for session_id in session_ids:
        bound = {"project": project, "session_id": session_id, "now": now_ns}
        connection.execute(_SUMMARY, bound)
        connection.execute("DELETE FROM usage WHERE project = :project AND session_id = :session_id", bound)
        for label_kind, statement in _USAGE_BY_LABEL:
            connection.execute(statement, bound | {"label_kind": label_kind})
