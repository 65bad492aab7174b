-- What persons said of issues. A row stays when the traces of its issue are gone, for a race that was judged
-- may come back; it holds for an issue of that fingerprint whenever there is one. The record is the triage
-- with its history; state and end are beside it for those who look for them.

CREATE TABLE triage (
  fingerprint text COLLATE "C" PRIMARY KEY,
  state       text NOT NULL,
  until_ms    bigint, -- milliseconds since 1970; null: without an end
  record      json NOT NULL
);
CREATE INDEX triage_by_end ON triage (until_ms) WHERE until_ms IS NOT NULL;

-- What follows of it, and of the rules of the configuration, for lists and counts.
ALTER TABLE issues
  ADD COLUMN is_ignored    boolean NOT NULL DEFAULT false,
  ADD COLUMN ignoring_rule text; -- the reason of the rule; null: none ignores it
