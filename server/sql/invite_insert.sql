INSERT INTO invite (
    station_id, code_hash, person, role, made_at, expires_at
) VALUES (
    $1, $2, $3, $4, $5, $6
)
