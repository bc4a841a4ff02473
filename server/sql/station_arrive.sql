-- Gives out $2 arrival numbers: the last one is returned.
UPDATE station
SET arrivals = arrivals + $2
WHERE station_id = $1
RETURNING arrivals
