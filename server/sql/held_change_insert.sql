INSERT INTO held_change (
    station_id, record, hash, device, g, bytes, envelope_hash, act_index
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8
)
ON CONFLICT (station_id, record, hash) DO NOTHING
