SELECT
    code, record
FROM card
WHERE station_id = $1
ORDER BY code
