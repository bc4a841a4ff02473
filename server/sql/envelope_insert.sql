INSERT INTO envelope (
    station_id, device, seq, hash, bytes, received_at, arrival, entry, state
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9
)
