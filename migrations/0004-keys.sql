-- When keys were first seen and last used, by the beginning of their SHA-256: enough to tell them
-- apart, too little to be of use to anybody. A small table, the same on every node.
CREATE TABLE key_sightings (
  digest_start  text COLLATE "C" PRIMARY KEY, -- 16 hexadecimal digits
  first_seen_at timestamptz NOT NULL,
  last_used_at  timestamptz
);
