INSERT INTO meta (
    station_id, key, value
) VALUES (
    $1, $2, $3
)
ON CONFLICT (station_id, key) DO UPDATE SET value = excluded.value
