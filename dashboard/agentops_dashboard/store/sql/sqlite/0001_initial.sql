-- One row per trace: which session it belongs to, and what its root says about the session. is_grouped ranks who said
-- which session it is: 2 a session id, 1 a conversation id, 0 nobody. Of equal rank the smaller id wins, in any order.
CREATE TABLE trace (
  project TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 0,
  name TEXT,
  state TEXT,
  end_reason TEXT,
  metadata TEXT,
  user TEXT,
  service TEXT,
  environment TEXT,
  frameworks TEXT,
  sdk TEXT,
  host TEXT,
  process TEXT,
  parent_session_id TEXT,
  parent_span_id TEXT,
  first_input TEXT,
  first_input_ns INTEGER,
  last_output TEXT,
  last_output_ns INTEGER,
  is_native INTEGER NOT NULL DEFAULT 0,
  is_grouped INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (project, trace_id)
) WITHOUT ROWID;
CREATE INDEX trace_session ON trace (project, session_id);
CREATE INDEX trace_process ON trace (process) WHERE process IS NOT NULL AND state IS NULL;

-- Hot columns of a span. What is long or rare sits in payload.
CREATE TABLE span (
  project TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  span_id TEXT NOT NULL,
  parent_id TEXT,
  version INTEGER NOT NULL,
  seq INTEGER,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER,
  agent TEXT,
  tool TEXT,
  model TEXT,
  provider TEXT,
  origin TEXT,
  input_tokens INTEGER,
  output_tokens INTEGER,
  cached_tokens INTEGER,
  cache_write_tokens INTEGER,
  reasoning_tokens INTEGER,
  cost_nano INTEGER,
  cost_source TEXT,
  first_token_ns INTEGER,
  error_type TEXT,
  error_message TEXT,
  swallowed TEXT,
  preview TEXT,
  call_hash INTEGER,
  attempt INTEGER,
  block_id INTEGER,
  PRIMARY KEY (project, trace_id, span_id)
) WITHOUT ROWID;

-- Inputs, outputs, attributes and events of the spans of one trace and one batch, zstd-compressed JSON.
CREATE TABLE payload (
  block_id INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  raw_bytes INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX payload_trace ON payload (project, trace_id);

-- Words of a block (rowid = block_id). The text itself is not kept twice.
CREATE VIRTUAL TABLE payload_text USING fts5 (body, content='', tokenize='unicode61', detail='full');

-- A session's number: short in indexes and quick to intersect, where ids are long. Kept when summaries are rewritten.
CREATE TABLE session_key (
  sid INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  session_id TEXT NOT NULL,
  UNIQUE (project, session_id)
);

-- Summary of a session, recomputed from its spans after each batch.
CREATE TABLE session (
  sid INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  session_id TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  end_reason TEXT,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER,
  duration_ns INTEGER,
  last_ns INTEGER NOT NULL,
  alive_ns INTEGER NOT NULL,
  user TEXT,
  environment TEXT,
  service TEXT,
  frameworks TEXT,
  sdk TEXT,
  host TEXT,
  metadata TEXT,
  first_input TEXT,
  last_output TEXT,
  parent_session_id TEXT,
  parent_span_id TEXT,
  traces INTEGER NOT NULL,
  spans INTEGER NOT NULL,
  agents INTEGER NOT NULL,
  llm_calls INTEGER NOT NULL,
  tool_calls INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  swallowed INTEGER NOT NULL,
  open_spans INTEGER NOT NULL,
  human_waits INTEGER NOT NULL,
  open_waits INTEGER NOT NULL,
  waiting_ns INTEGER NOT NULL,
  input_tokens INTEGER,
  output_tokens INTEGER,
  cached_tokens INTEGER,
  cache_write_tokens INTEGER,
  reasoning_tokens INTEGER,
  total_tokens INTEGER,
  cost_nano INTEGER,
  cost_source TEXT,
  unpriced_calls INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  dropped_payloads INTEGER NOT NULL,
  redactions INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  UNIQUE (project, session_id)
);
-- What totals, bars and facets ask for stands in the index, so that they never touch the rows.
CREATE INDEX session_start ON session
  (project, start_ns DESC, sid DESC, state, alive_ns, open_waits, user, environment, service);
CREATE INDEX session_duration ON session (project, duration_ns DESC, sid DESC);
CREATE INDEX session_cost ON session (project, cost_nano DESC, sid DESC);
CREATE INDEX session_tokens ON session (project, total_tokens DESC, sid DESC);
CREATE INDEX session_state ON session (project, state, start_ns DESC, sid DESC, alive_ns, open_waits);
CREATE INDEX session_revision ON session (project, revision);
CREATE INDEX session_parent ON session (project, parent_session_id) WHERE parent_session_id IS NOT NULL;

-- is_removed: taken off by hand; a record that arrives later does not bring it back.
CREATE TABLE session_tag (
  project TEXT NOT NULL,
  sid INTEGER NOT NULL,
  tag TEXT NOT NULL,
  is_removed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (project, tag, sid)
) WITHOUT ROWID;
CREATE INDEX session_tag_sid ON session_tag (sid);

-- Roll-up per session and label (label_kind: agent, tool, model, error, framework).
CREATE TABLE usage (
  sid INTEGER NOT NULL,
  project TEXT NOT NULL,
  label_kind TEXT NOT NULL,
  label TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  input_tokens INTEGER,
  output_tokens INTEGER,
  cached_tokens INTEGER,
  cost_nano INTEGER,
  PRIMARY KEY (sid, label_kind, label)
) WITHOUT ROWID;
CREATE INDEX usage_label ON usage (project, label_kind, label, sid);

-- What a recording process said about one session.
CREATE TABLE ledger (
  project TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  process TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  spans INTEGER NOT NULL,
  dropped_spans INTEGER NOT NULL,
  dropped_payloads INTEGER NOT NULL,
  redactions INTEGER NOT NULL,
  has_ended INTEGER NOT NULL,
  PRIMARY KEY (project, trace_id, process)
) WITHOUT ROWID;
CREATE INDEX ledger_process ON ledger (process);

-- A process that was seen dead; its sessions that did not end are abandoned.
CREATE TABLE dead_process (process TEXT PRIMARY KEY) WITHOUT ROWID;

-- How far each spool segment has been read, committed together with its rows.
CREATE TABLE segment (
  name TEXT PRIMARY KEY,
  offset INTEGER NOT NULL
) WITHOUT ROWID;

-- What a program printed, as clients of the old service upload it: zstd-compressed text.
CREATE TABLE log (
  project TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (project, trace_id)
) WITHOUT ROWID;

-- Counters for the health badge: rejected spans, bad lines, attributes that were not understood.
CREATE TABLE counter (
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  label TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (project, name, label)
) WITHOUT ROWID;

-- What the planner should believe before anything was measured. Without it, it took "project = ?" for selective and
-- scanned all spans for each session (2.6 ms instead of 0.2 at 20,000 spans).
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('trace', 'trace', '25000 25000 1'),
  ('trace', 'trace_session', '25000 25000 1'),
  ('trace', 'trace_process', '100 2'),
  ('span', 'span', '1000000 1000000 40 1'),
  ('session_key', 'sqlite_autoindex_session_key_1', '25000 25000 1'),
  ('session', 'sqlite_autoindex_session_1', '25000 25000 1'),
  ('session', 'session_start', '25000 25000 1 1 1 1 1 1 1 1'),
  ('session', 'session_state', '25000 25000 6000 1 1 1 1'),
  ('session', 'session_duration', '25000 25000 1 1'),
  ('session', 'session_cost', '25000 25000 1 1'),
  ('session', 'session_tokens', '25000 25000 1 1'),
  ('session', 'session_revision', '25000 25000 1'),
  ('session', 'session_parent', '1000 1000 2'),
  ('session_tag', 'session_tag', '60000 60000 3000 1'),
  ('session_tag', 'session_tag_sid', '60000 2'),
  ('usage', 'usage', '300000 12 3 1'),
  ('usage', 'usage_label', '300000 300000 60000 3000 1'),
  ('ledger', 'ledger', '25000 25000 1 1'),
  ('ledger', 'ledger_process', '25000 1000'),
  ('payload', 'payload_trace', '30000 30000 1');
