INSERT INTO rename (
    station_id, record, old_name, new_name
) VALUES (
    $1, $2, $3, $4
)
ON CONFLICT (station_id, record, old_name) DO UPDATE SET new_name = excluded.new_name
