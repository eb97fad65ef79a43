-- Lines longer than two days are few (a month, a commitment); all others are found near their start.
CREATE INDEX bill_line_spanning ON bill_line (charge_start, charge_end) WHERE to_seq IS NULL AND charge_end - charge_start > interval '2 days';
DROP INDEX bill_line_long;
