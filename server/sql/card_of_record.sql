SELECT
    code
FROM card
WHERE station_id = $1 AND record = $2
