-- Moves the station log and the server's own log on.
UPDATE station
SET
    entries = $2, range = $3, root = $4, lineage = $5, epoch_n = $6, server_seq = $7,
    server_prev = $8, server_acts = $9, server_records = $10, arrivals = $11
WHERE station_id = $1
