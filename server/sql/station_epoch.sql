UPDATE station
SET lineage = $2, epoch_n = $3
WHERE station_id = $1
