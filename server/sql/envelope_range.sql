SELECT
    device, seq, hash, bytes, received_at, arrival, entry, state
FROM envelope
WHERE station_id = $1 AND entry >= $2 AND entry < $3
ORDER BY entry
