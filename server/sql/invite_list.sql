SELECT
    code_hash, person, role, made_at, expires_at, used_at
FROM invite
WHERE station_id = $1
ORDER BY made_at, code_hash
