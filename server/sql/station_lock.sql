-- Takes the station's row until the transaction ends (SQLite has no FOR UPDATE).
UPDATE station
SET arrivals = arrivals
WHERE station_id = $1
RETURNING
    station_id, name, word, zone_minutes, lineage, entries, range, root, epoch_n, server_device,
    server_seq, server_prev, server_acts, server_records, arrivals, created_at
