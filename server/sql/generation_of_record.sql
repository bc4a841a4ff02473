SELECT device, g
FROM generation
WHERE station_id = $1 AND record = $2
ORDER BY device
