SELECT
    device, seq, hash, bytes, received_at
FROM fork
WHERE station_id = $1
ORDER BY received_at, device, seq, hash
