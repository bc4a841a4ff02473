SELECT
    person, name, post, certificate, valid_from, valid_until, roles, added_at, changed_at,
    removed_at, phone, phone_changed_at, facts_changed_at
FROM officer
WHERE station_id = $1
ORDER BY person
