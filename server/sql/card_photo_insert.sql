INSERT INTO card_photo (
    station_id, hash, mime, bytes
) VALUES (
    $1, $2, $3, $4
)
ON CONFLICT DO NOTHING
