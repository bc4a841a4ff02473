INSERT INTO officer (
    station_id, person, name, post, certificate, valid_from, valid_until, roles, added_at,
    changed_at, removed_at, phone, phone_changed_at, facts_changed_at
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
)
