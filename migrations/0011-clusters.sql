-- A walk over the list of traces leaves out what was written since it began, by transaction ids. These
-- mean something in one cluster only: beside each stands now the cluster that it is of. A row from
-- another one came by dump and restore, or by logical replication, and is older than any walk; so is a
-- row from before this column.

ALTER TABLE traces ADD COLUMN written_cluster bigint; -- its system identifier
