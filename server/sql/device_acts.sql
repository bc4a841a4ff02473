-- The last act number that was judged of the device.
UPDATE device
SET acts = $3
WHERE station_id = $1 AND device = $2
