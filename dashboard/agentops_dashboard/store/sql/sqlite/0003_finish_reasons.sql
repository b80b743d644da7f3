-- Why a model stopped, and how many answers were cut off. NULL where nobody said.
ALTER TABLE span ADD COLUMN finish_reason TEXT;
ALTER TABLE usage ADD COLUMN cut_off INTEGER;
