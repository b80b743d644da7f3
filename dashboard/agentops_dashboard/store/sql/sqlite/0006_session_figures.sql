-- What totals and courses over time add up stands in the index too: a session's row is long, and at 25,000 sessions reading
-- the rows took most of the time.
DROP INDEX session_start;
CREATE INDEX session_start ON session
  (project, start_ns DESC, sid DESC, state, alive_ns, open_waits, user, environment, service, release,
   duration_ns, waiting_ns, cost_nano, cost_source, unpriced_calls, llm_calls, tool_calls, errors,
   total_tokens, input_tokens, cached_tokens, output_tokens, reasoning_tokens, revision);

DELETE FROM sqlite_stat1 WHERE idx = 'session_start';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('session', 'session_start', '25000 25000 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1');
