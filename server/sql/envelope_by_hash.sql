SELECT
    device, seq, hash, bytes, received_at, arrival, entry, state
FROM envelope
WHERE station_id = $1 AND hash = $2
