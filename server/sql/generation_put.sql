INSERT INTO generation (
    station_id, record, device, g
) VALUES (
    $1, $2, $3, $4
)
ON CONFLICT (station_id, record, device) DO UPDATE SET g = excluded.g
