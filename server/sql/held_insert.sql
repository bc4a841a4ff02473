INSERT INTO held (
    station_id, envelope_hash, act_index, device, seq, act_n, person, code, detail, at, outcome,
    records
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
)
