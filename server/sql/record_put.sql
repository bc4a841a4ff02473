INSERT INTO record (
    station_id, record, kind, external_id, title, day, state, author, created_entry,
    updated_entry, changes, ops, flags
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
)
ON CONFLICT (station_id, record) DO UPDATE SET
    kind = excluded.kind, external_id = excluded.external_id, title = excluded.title,
    day = excluded.day, state = excluded.state, author = excluded.author,
    updated_entry = excluded.updated_entry, changes = excluded.changes, ops = excluded.ops,
    flags = excluded.flags
