SELECT
    station_id, name, word, zone_minutes, lineage, entries, range, root, epoch_n, server_device,
    server_seq, server_prev, server_acts, server_records, arrivals, created_at
FROM station
WHERE station_id = $1
