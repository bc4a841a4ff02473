UPDATE envelope
SET entry = $4, state = $5
WHERE station_id = $1 AND device = $2 AND seq = $3 AND entry IS NULL
