-- Moves the station log and the server's own log on.
UPDATE station
SET entries = $2, range = $3, root = $4, server_seq = $5, server_prev = $6
WHERE station_id = $1
