-- Who made a record, and in which act.
SELECT device, act_n
FROM change
WHERE station_id = $1 AND record = $2 AND pos = 0
