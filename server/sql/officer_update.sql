UPDATE officer
SET name = $3, post = $4, certificate = $5, valid_from = $6, valid_until = $7, roles = $8,
    changed_at = $9, removed_at = NULL, phone = $10, phone_changed_at = $11,
    facts_changed_at = $12
WHERE station_id = $1 AND person = $2
