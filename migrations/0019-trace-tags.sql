-- Lists find traces by the tags of their events. They are noted when a trace is analysed: those that are
-- stored already are analysed anew, the latest first, and what was found out about them stays meanwhile.

CREATE TABLE trace_tags (
  trace_id text COLLATE "C" PRIMARY KEY,
  tags     text[] COLLATE "C" NOT NULL -- as `name:value`
);
CREATE INDEX trace_tags_by_tag ON trace_tags USING gin (tags);

UPDATE traces SET analyse_mark = analyse_mark + 1;
