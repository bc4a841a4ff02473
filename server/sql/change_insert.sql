INSERT INTO change (
    station_id, record, pos, hash, bytes, device, seq, act_n, person, at, received_at, entry
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
)
