-- What to watch. threshold is in the chart's unit: dollars, seconds, a share of 1, or a number.
-- standing: '' (not judged yet), ok, firing or no data; said: what people were told last, ok or firing.
-- problem: why it could not be judged the last time; the standing stays then.
CREATE TABLE rule (
  id INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  measure TEXT NOT NULL,
  aggregate TEXT NOT NULL,
  query TEXT NOT NULL,
  period TEXT NOT NULL,
  side TEXT NOT NULL,
  threshold REAL NOT NULL,
  least INTEGER NOT NULL,
  is_paused INTEGER NOT NULL DEFAULT 0,
  created_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  standing TEXT NOT NULL DEFAULT '',
  since_ns INTEGER,
  value REAL,
  measured INTEGER,
  judged_ns INTEGER,
  said TEXT NOT NULL DEFAULT 'ok',
  problem TEXT NOT NULL DEFAULT '',
  UNIQUE (project, name)
);

-- That a rule began to fire or is ok again, once each, as it was then. The rule may be gone.
CREATE TABLE notice (
  id INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  rule_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  words TEXT NOT NULL,
  standing TEXT NOT NULL,
  value TEXT NOT NULL,
  measured INTEGER NOT NULL,
  sessions TEXT NOT NULL,
  time_ns INTEGER NOT NULL
);
CREATE INDEX notice_project ON notice (project, id);

-- Whom a notice is for, until they have it. destination is a hash: an address may be a secret. label is what people see.
CREATE TABLE delivery (
  notice_id INTEGER NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
  destination TEXT NOT NULL,
  label TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  due_ns INTEGER NOT NULL,
  told_ns INTEGER,
  problem TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (notice_id, destination)
) WITHOUT ROWID;
CREATE INDEX delivery_waiting ON delivery (destination, due_ns) WHERE told_ns IS NULL;
