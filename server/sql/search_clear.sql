DELETE FROM search
WHERE station_id = $1
