INSERT INTO again (
    station_id, device, act_n, person, again_device, again_n, root_device, root_n, said, places,
    first_device, first_n
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
)
ON CONFLICT (station_id, device, act_n) DO NOTHING
