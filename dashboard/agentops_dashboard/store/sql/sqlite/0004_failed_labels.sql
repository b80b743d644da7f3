-- Which sessions have a failed call of a tool is told by this index alone: at 25,000 sessions, looking each of a common
-- tool's rows up took most of the time.
DROP INDEX usage_label;
CREATE INDEX usage_label ON usage (project, label_kind, label, errors, sid);

DELETE FROM sqlite_stat1 WHERE idx = 'usage_label';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('usage', 'usage_label', '300000 300000 60000 3000 1000 1');
