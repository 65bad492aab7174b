-- Ranks sort, and nothing else: evidence and pattern are read from columns of their own. A rank was a
-- number whose digits were places in lists, so that none of these lists could ever grow; now it is a
-- sum of named weights with room between them (src/domain/ranking.ts), and takes E4 and E3 as equally
-- proven and the severity into account. What was seen last comes first among issues of one rank.

-- A server of the version before that still runs gets an error from the checks rather than store its
-- ranks among these: its work is done again by others.

DROP INDEX findings_by_rank;
-- As a change of type, which writes the table anew: an UPDATE would leave as many dead rows as there are
-- findings, and the index below would hold these too, in front of all others.
-- The digits of the old rank, from the left: doubtful, evidence, pattern, locking, effect of the values.
ALTER TABLE findings
  ALTER COLUMN rank TYPE integer USING
    CASE WHEN rank >= 10000 THEN 1000000000 ELSE 0 END
    + CASE evidence
      WHEN 'E4' THEN 200000000 WHEN 'E3' THEN 200000000 WHEN 'E2' THEN 400000000
      WHEN 'E1' THEN 600000000 WHEN 'E0' THEN 800000000
    END
    + CASE pattern
      WHEN 'lost_update' THEN 10000000 WHEN 'dirty_read' THEN 20000000
      WHEN 'write_skew' THEN 30000000 WHEN 'non_repeatable_read' THEN 40000000
      WHEN 'write_write' THEN 50000000 WHEN 'read_write' THEN 60000000
    END
    + CASE WHEN is_critical THEN 300000 ELSE 600000 END
    + CASE rank / 10 % 10 WHEN 0 THEN 20000 WHEN 1 THEN 40000 WHEN 2 THEN 60000 END
    + CASE rank % 10 WHEN 0 THEN 2000 WHEN 1 THEN 4000 WHEN 2 THEN 6000 END,
  ADD CONSTRAINT findings_rank CHECK (rank >= 100000000);
CREATE INDEX findings_by_rank ON findings (fingerprint, rank, last_ns DESC, trace_id, is_across)
  WHERE retracted_at IS NULL;

ALTER TABLE issues
  ADD COLUMN possible_pattern text, -- while there is no finding
  ADD COLUMN best_evidence    text, -- of its best finding; null when there are none
  ADD COLUMN best_pattern     text,
  ADD COLUMN last_ns          bigint; -- of its findings
UPDATE issues SET
  possible_rank = 800000000
    + CASE WHEN scope = 'unknown' THEN 1000000000 ELSE 0 END
    + CASE WHEN severity = 'CRITICAL' THEN 50300000 ELSE 60600000 END
    + 44000,
  possible_pattern = CASE WHEN severity = 'CRITICAL' THEN 'write_write' ELSE 'read_write' END,
  best_rank = NULL;
UPDATE issues SET
  best_rank = best.rank, best_evidence = best.evidence, best_pattern = best.pattern,
  last_ns = best.last_seen_ns
FROM (
  SELECT DISTINCT ON (fingerprint)
    fingerprint, rank, evidence, pattern,
    max(last_ns) OVER (PARTITION BY fingerprint) AS last_seen_ns
  FROM findings
  WHERE retracted_at IS NULL
  ORDER BY fingerprint, rank, last_ns DESC, trace_id, is_across
) AS best
WHERE issues.fingerprint = best.fingerprint;
ALTER TABLE issues
  ALTER COLUMN possible_pattern SET NOT NULL,
  ADD CONSTRAINT issues_rank CHECK (possible_rank >= 100000000);
