-- Which release of the program recorded it (the resource's service.version).
ALTER TABLE trace ADD COLUMN release TEXT;
ALTER TABLE session ADD COLUMN release TEXT;
DROP INDEX session_start;
CREATE INDEX session_start ON session
  (project, start_ns DESC, sid DESC, state, alive_ns, open_waits, user, environment, service, release);

-- What people say about a session, or about one of its spans (span_id is '' for the session itself): name is
-- bookmark, score or note. A value that was taken back stays as NULL, so that the newest row says how it stands.
CREATE TABLE annotation (
  project TEXT NOT NULL,
  session_id TEXT NOT NULL,
  span_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT,
  time_ns INTEGER NOT NULL,
  PRIMARY KEY (project, session_id, span_id, name)
) WITHOUT ROWID;
CREATE INDEX annotation_name ON annotation (project, name, value, session_id);

DELETE FROM sqlite_stat1 WHERE idx = 'session_start';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('session', 'session_start', '25000 25000 1 1 1 1 1 1 1 1 1'),
  ('annotation', 'annotation', '500 500 1 1 1'),
  ('annotation', 'annotation_name', '500 500 200 100 1');
