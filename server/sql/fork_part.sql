SELECT device, seq, hash, received_at
FROM fork
WHERE station_id = $1
ORDER BY received_at DESC, device, seq, hash
LIMIT $2 OFFSET $3
