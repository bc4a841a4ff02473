SELECT
    device, seq, hash, bytes, received_at, arrival, entry, state
FROM envelope
WHERE station_id = $1 AND state = 0 AND arrival > $2
ORDER BY arrival
LIMIT $3
