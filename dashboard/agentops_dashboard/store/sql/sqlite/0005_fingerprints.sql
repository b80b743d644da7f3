-- What failures of one cause have in common, counted where they began. Of failures that were stored before, that is the type.
ALTER TABLE span ADD COLUMN fingerprint TEXT;

INSERT INTO usage (sid, project, label_kind, label, start_ns, calls, errors, duration_ns)
SELECT session_key.sid, trace.project, 'fingerprint', coalesce(failed.error_type, 'error'), min(failed.start_ns), count(*),
  count(*), CAST(min(total(coalesce(failed.end_ns, failed.start_ns) - failed.start_ns), 4611686018427387904.0) AS INTEGER)
FROM span AS failed
  CROSS JOIN trace ON trace.project = failed.project AND trace.trace_id = failed.trace_id
  CROSS JOIN session_key ON session_key.project = trace.project AND session_key.session_id = trace.session_id
WHERE failed.status = 'error' AND NOT EXISTS (SELECT 1 FROM span AS cause
  WHERE cause.project = failed.project AND cause.trace_id = failed.trace_id AND cause.parent_id = failed.span_id
    AND cause.status = 'error')
GROUP BY session_key.sid, trace.project, coalesce(failed.error_type, 'error');
