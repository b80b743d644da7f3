-- What a rule is about: sessions, one model, tool or agent ('tool search'), or each of them ('each tool').
-- worst: of the latter, whose figure value is; left_out: how many fire beyond those that people are told of.
ALTER TABLE rule ADD COLUMN of TEXT NOT NULL DEFAULT 'sessions';
ALTER TABLE rule ADD COLUMN worst TEXT NOT NULL DEFAULT '';
ALTER TABLE rule ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;

-- Whom a notice is about: sessions, or the model, tool or agent that began to fire or is ok again.
ALTER TABLE notice ADD COLUMN of TEXT NOT NULL DEFAULT 'sessions';
ALTER TABLE notice ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;

-- The models, tools or agents that people were told fire, and not yet that they are ok again.
-- standing: firing, or no data while there is none; '' after its rule was edited. since_ns: when they were told.
CREATE TABLE told (
  rule_id INTEGER NOT NULL REFERENCES rule (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  standing TEXT NOT NULL,
  since_ns INTEGER NOT NULL,
  value REAL,
  measured INTEGER NOT NULL,
  PRIMARY KEY (rule_id, label)
) WITHOUT ROWID;
