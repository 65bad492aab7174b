-- Who was told of what: a book for each receiver of alerts. Fingerprints and names of conditions, and no
-- text of a trace. Rows are never taken away; there is one for each issue that ever was, and receiver.

CREATE TABLE alert_receivers (
  name          text COLLATE "C" PRIMARY KEY,
  due_at        timestamptz NOT NULL DEFAULT now(), -- no message before
  failures      integer NOT NULL DEFAULT 0,         -- in a row
  is_one_by_one boolean NOT NULL DEFAULT false,
  fault         text,                               -- null: the last message was taken
  claimant      text COLLATE "C",
  claimed_until timestamptz
);

CREATE TABLE alert_news (
  receiver     text COLLATE "C",
  subject      text COLLATE "C", -- a fingerprint, or the name of a condition
  evidence     text COLLATE "C", -- null: a condition
  regressed_ms bigint,           -- milliseconds since 1970
  news         text,             -- waits to be told; null: nothing does
  noted_at     timestamptz NOT NULL,
  reference    text,             -- what the receiver calls it
  PRIMARY KEY (receiver, subject)
);
CREATE INDEX alert_news_waiting ON alert_news (receiver, noted_at, subject) WHERE news IS NOT NULL;
