INSERT INTO fork (
    station_id, device, seq, hash, bytes, received_at
) VALUES (
    $1, $2, $3, $4, $5, $6
)
ON CONFLICT (station_id, device, seq, hash) DO NOTHING
