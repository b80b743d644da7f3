-- Why a model stopped, and how many answers were cut off. NULL where nobody said.
ALTER TABLE span ADD COLUMN IF NOT EXISTS finish_reason LowCardinality(Nullable(String)) AFTER block_id;
ALTER TABLE usage ADD COLUMN IF NOT EXISTS cut_off Nullable(Int64) AFTER cost_nano;
