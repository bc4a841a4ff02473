-- Lines that were there before their record got its number.
UPDATE line SET place = $4
WHERE station_id = $1 AND book = $2 AND record = $3
