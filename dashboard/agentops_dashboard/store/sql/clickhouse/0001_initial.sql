-- Rows are only ever added: of the rows of one key the one with the highest version counts, which FINAL picks when
-- reading and merges keep. Every statement may run again, since a migration that died half-way is run again.

-- What spans say about their trace, one row per span and version; tags are those of its batch.
CREATE TABLE IF NOT EXISTS trace_fact (
  project LowCardinality(String),
  trace_id String,
  span_id String,
  rank UInt64,
  session_id String,
  version Int64,
  name Nullable(String),
  state LowCardinality(Nullable(String)),
  end_reason Nullable(String),
  metadata Nullable(String),
  user Nullable(String),
  service LowCardinality(Nullable(String)),
  environment LowCardinality(Nullable(String)),
  release LowCardinality(Nullable(String)),
  frameworks LowCardinality(Nullable(String)),
  sdk LowCardinality(Nullable(String)),
  host LowCardinality(Nullable(String)),
  process Nullable(String),
  parent_session_id Nullable(String),
  parent_span_id Nullable(String),
  first_input Nullable(String),
  first_input_ns Nullable(Int64),
  last_output Nullable(String),
  last_output_ns Nullable(Int64),
  is_native UInt8,
  is_grouped UInt8,
  tags Array(LowCardinality(String))
) ENGINE = ReplacingMergeTree ORDER BY (project, trace_id, span_id, rank);

-- One row per trace, computed from its facts: which session it belongs to, and what its spans say about the session.
-- is_grouped ranks who said which session it is: 2 a session id, 1 a conversation id, 0 nobody.
CREATE TABLE IF NOT EXISTS trace (
  project LowCardinality(String),
  trace_id String,
  session_id String,
  version Int64,
  name Nullable(String),
  state LowCardinality(Nullable(String)),
  end_reason Nullable(String),
  metadata Nullable(String),
  user Nullable(String),
  service LowCardinality(Nullable(String)),
  environment LowCardinality(Nullable(String)),
  release LowCardinality(Nullable(String)),
  frameworks LowCardinality(Nullable(String)),
  sdk LowCardinality(Nullable(String)),
  host LowCardinality(Nullable(String)),
  process Nullable(String),
  parent_session_id Nullable(String),
  parent_span_id Nullable(String),
  first_input Nullable(String),
  first_input_ns Nullable(Int64),
  last_output Nullable(String),
  last_output_ns Nullable(Int64),
  is_native UInt8,
  is_grouped UInt8,
  revision Int64,
  INDEX by_session session_id TYPE bloom_filter GRANULARITY 1,
  INDEX by_process process TYPE bloom_filter GRANULARITY 1
) ENGINE = ReplacingMergeTree(revision) ORDER BY (project, trace_id);

-- Hot columns of a span. What is long or rare sits in payload. rank orders the rows of one span: by version, an ended
-- record above an open one, and what was computed later (a price, a wrapper found) above the record.
CREATE TABLE IF NOT EXISTS span (
  project LowCardinality(String),
  trace_id String,
  span_id String,
  parent_id Nullable(String),
  version Int64,
  seq Nullable(Int64),
  kind LowCardinality(String),
  name String,
  status LowCardinality(String),
  start_ns Int64 CODEC(Delta, ZSTD),
  end_ns Nullable(Int64) CODEC(ZSTD),
  agent LowCardinality(Nullable(String)),
  tool LowCardinality(Nullable(String)),
  model LowCardinality(Nullable(String)),
  provider LowCardinality(Nullable(String)),
  origin LowCardinality(Nullable(String)),
  input_tokens Nullable(Int64),
  output_tokens Nullable(Int64),
  cached_tokens Nullable(Int64),
  cache_write_tokens Nullable(Int64),
  reasoning_tokens Nullable(Int64),
  cost_nano Nullable(Int64),
  cost_source LowCardinality(Nullable(String)),
  first_token_ns Nullable(Int64),
  error_type LowCardinality(Nullable(String)),
  error_message Nullable(String),
  swallowed Nullable(String),
  preview Nullable(String) CODEC(ZSTD),
  call_hash Nullable(Int64),
  attempt Nullable(Int64),
  block_id Nullable(Int64) CODEC(ZSTD),
  rank UInt64,
  INDEX by_span span_id TYPE bloom_filter GRANULARITY 1
) ENGINE = ReplacingMergeTree(rank) ORDER BY (project, trace_id, span_id) SETTINGS index_granularity = 2048;

-- Inputs, outputs, attributes and events of the spans of one trace and one batch, as JSON, and the new words in them
-- in one normal form. Neighbours are blocks of one trace, so the column's compression sees what they repeat.
CREATE TABLE IF NOT EXISTS payload (
  project LowCardinality(String),
  trace_id String,
  block_id Int64,
  raw_bytes Int64,
  body String CODEC(ZSTD(3)),
  words String CODEC(ZSTD(3)),
  INDEX by_words words TYPE text(tokenizer = splitByString([' ']))
) ENGINE = MergeTree ORDER BY (project, trace_id, block_id)
SETTINGS index_granularity = 1024, index_granularity_bytes = 1048576;

-- Summary of a session, recomputed from its spans after each batch.
CREATE TABLE IF NOT EXISTS session (
  sid Int64,
  project LowCardinality(String),
  session_id String,
  name String,
  state LowCardinality(String),
  end_reason Nullable(String),
  start_ns Int64,
  end_ns Nullable(Int64),
  duration_ns Nullable(Int64),
  last_ns Int64,
  alive_ns Int64,
  user Nullable(String),
  environment LowCardinality(Nullable(String)),
  service LowCardinality(Nullable(String)),
  frameworks LowCardinality(Nullable(String)),
  sdk LowCardinality(Nullable(String)),
  host LowCardinality(Nullable(String)),
  metadata Nullable(String),
  first_input Nullable(String),
  last_output Nullable(String),
  parent_session_id Nullable(String),
  parent_span_id Nullable(String),
  traces Int64,
  spans Int64,
  agents Int64,
  llm_calls Int64,
  tool_calls Int64,
  errors Int64,
  swallowed Int64,
  open_spans Int64,
  human_waits Int64,
  open_waits Int64,
  waiting_ns Int64,
  input_tokens Nullable(Int64),
  output_tokens Nullable(Int64),
  cached_tokens Nullable(Int64),
  cache_write_tokens Nullable(Int64),
  reasoning_tokens Nullable(Int64),
  total_tokens Nullable(Int64),
  cost_nano Nullable(Int64),
  cost_source LowCardinality(Nullable(String)),
  unpriced_calls Int64,
  missing Int64,
  dropped_payloads Int64,
  redactions Int64,
  revision Int64,
  release LowCardinality(Nullable(String)),
  is_deleted UInt8 DEFAULT 0
) ENGINE = ReplacingMergeTree(revision, is_deleted) ORDER BY (project, sid) SETTINGS index_granularity = 1024;

-- is_removed: taken off by hand. What was changed by hand has a version above 0, which is that of what was recorded.
CREATE TABLE IF NOT EXISTS session_tag (
  project LowCardinality(String),
  sid Int64,
  tag LowCardinality(String),
  is_removed UInt8 DEFAULT 0,
  version Int64 DEFAULT 0,
  is_deleted UInt8 DEFAULT 0
) ENGINE = ReplacingMergeTree(version, is_deleted) ORDER BY (project, sid, tag);

-- Roll-up per session and label (label_kind: agent, tool, model, error, framework).
CREATE TABLE IF NOT EXISTS usage (
  sid Int64,
  project LowCardinality(String),
  label_kind LowCardinality(String),
  label LowCardinality(String),
  start_ns Int64,
  calls Int64,
  errors Int64,
  duration_ns Int64,
  input_tokens Nullable(Int64),
  output_tokens Nullable(Int64),
  cached_tokens Nullable(Int64),
  cost_nano Nullable(Int64),
  revision Int64,
  is_deleted UInt8 DEFAULT 0
) ENGINE = ReplacingMergeTree(revision, is_deleted) ORDER BY (project, sid, label_kind, label);

-- What a recording process said about one session.
CREATE TABLE IF NOT EXISTS ledger (
  project LowCardinality(String),
  trace_id String,
  process String,
  time_ns Int64,
  spans Int64,
  dropped_spans Int64,
  dropped_payloads Int64,
  redactions Int64,
  has_ended UInt8,
  INDEX by_process process TYPE bloom_filter GRANULARITY 1
) ENGINE = ReplacingMergeTree(time_ns) ORDER BY (project, trace_id, process);

-- A process that was seen dead; its sessions that did not end are abandoned.
CREATE TABLE IF NOT EXISTS dead_process (process String) ENGINE = ReplacingMergeTree ORDER BY process;

-- How far each spool segment has been read; written after its rows, which count once however often they come.
CREATE TABLE IF NOT EXISTS segment (
  name String,
  offset Int64,
  version Int64,
  is_deleted UInt8 DEFAULT 0
) ENGINE = ReplacingMergeTree(version, is_deleted) ORDER BY name;

-- What a program printed, as clients of the old service upload it.
CREATE TABLE IF NOT EXISTS log (
  project LowCardinality(String),
  trace_id String,
  time_ns Int64,
  raw_bytes Int64,
  body String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(time_ns) ORDER BY (project, trace_id);

-- Counters for the health badge: rejected spans, bad lines, attributes that were not understood.
CREATE TABLE IF NOT EXISTS counter (
  project LowCardinality(String),
  name LowCardinality(String),
  label String,
  count Int64
) ENGINE = SummingMergeTree(count) ORDER BY (project, name, label);

-- What people say about a session, or about one of its spans (span_id is '' for the session itself): name is
-- bookmark, score or note. A value that was taken back stays as NULL, so that the newest row says how it stands.
CREATE TABLE IF NOT EXISTS annotation (
  project LowCardinality(String),
  session_id String,
  span_id String,
  name LowCardinality(String),
  value Nullable(String),
  time_ns Int64
) ENGINE = ReplacingMergeTree(time_ns) ORDER BY (project, session_id, span_id, name);
