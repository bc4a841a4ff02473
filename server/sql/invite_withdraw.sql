-- What a removed member was given and has not used.
UPDATE invite
SET expires_at = $3
WHERE station_id = $1 AND person = $2 AND used_at IS NULL AND expires_at > $3
