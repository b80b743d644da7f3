-- What failures of one cause have in common. Of failures that were stored before, that is the type, as it was counted.
ALTER TABLE span ADD COLUMN IF NOT EXISTS fingerprint Nullable(String) AFTER finish_reason;

INSERT INTO usage (sid, project, label_kind, label, start_ns, calls, errors, duration_ns, revision)
SELECT sid, project, 'fingerprint', label, start_ns, calls, errors, duration_ns, revision
FROM usage FINAL WHERE label_kind = 'error';
