-- The asker has its own envelopes: they are not read for it.
SELECT
    device, seq, hash, bytes, received_at, arrival, entry, state
FROM envelope
WHERE station_id = $1 AND entry >= $2 AND entry < $3 AND device <> $4
ORDER BY entry
