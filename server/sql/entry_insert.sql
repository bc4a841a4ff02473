INSERT INTO entry (
    station_id, idx, envelope_hash, device, seq, received_at, bytes, root
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8
)
