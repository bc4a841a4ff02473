UPDATE officer
SET removed_at = $3, changed_at = $3
WHERE station_id = $1 AND person = $2 AND removed_at IS NULL
