-- held_count
SELECT COUNT(*) AS n
FROM held
WHERE station_id = $1 AND (outcome = $2 OR code = 'partly')
