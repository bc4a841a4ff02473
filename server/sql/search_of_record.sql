SELECT words
FROM search
WHERE station_id = $1 AND record = $2
