SELECT
    code_hash, person, role, made_at, expires_at, used_at, used_by
FROM invite
WHERE station_id = $1 AND code_hash = $2
