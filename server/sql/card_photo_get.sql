SELECT
    mime, bytes
FROM card_photo
WHERE station_id = $1 AND hash = $2
