-- A record's lines are replaced in the transaction that merges it.
DELETE FROM line
WHERE station_id = $1 AND record = $2
