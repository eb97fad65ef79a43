-- Where usage that no rule of the operator places goes when no known node stands behind it: what a rule pack says.
ALTER TABLE bill_line ADD COLUMN otherwise_layer text;
