SELECT
    device, act_n, person, again_device, again_n, root_device, root_n, said, places, first_device,
    first_n
FROM again
WHERE station_id = $1
ORDER BY device, act_n
