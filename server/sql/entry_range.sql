SELECT
    idx, envelope_hash, device, seq, received_at, bytes, root
FROM entry
WHERE station_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx
