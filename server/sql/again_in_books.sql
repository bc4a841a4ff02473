-- What is in the books in the place of one act, by one person.
SELECT
    device, act_n, person, again_device, again_n, root_device, root_n, said, places, first_device,
    first_n
FROM again
WHERE station_id = $1 AND person = $2 AND root_device = $3 AND root_n = $4 AND said IS NOT NULL
ORDER BY device, act_n
