-- Names of the keys that events of a trace were sent with; never a key nor a hash of one. A list in
-- the row, not a table: it costs a writer nothing. Empty for what came without a key.
ALTER TABLE traces ADD COLUMN key_names text[] COLLATE "C" NOT NULL DEFAULT '{}';
