-- The traces that are kept because somebody pinned an issue: retention leaves them out. A column, and no table
-- of their own, because letting go must not need the right to delete.

ALTER TABLE triage ADD COLUMN pinned_ids text[] COLLATE "C"; -- null: nothing is pinned
CREATE INDEX triage_by_pin ON triage (fingerprint) WHERE pinned_ids IS NOT NULL;
