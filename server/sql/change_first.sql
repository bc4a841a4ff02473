-- Who made each record, and in which act.
SELECT record, device, act_n
FROM change
WHERE station_id = $1 AND pos = 0
