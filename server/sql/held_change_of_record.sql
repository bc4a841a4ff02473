SELECT hash, device, g, act_n, bytes
FROM held_change
WHERE station_id = $1 AND record = $2
ORDER BY entry, act_index, hash
