SELECT
    station_id, record
FROM card
WHERE code = $1
