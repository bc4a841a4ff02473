INSERT INTO held_change (
    station_id, record, hash, device, g, act_n, bytes, envelope_hash, act_index, entry
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
)
ON CONFLICT (station_id, record, hash) DO NOTHING
