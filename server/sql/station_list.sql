SELECT
    station_id, name, zone_minutes, lineage, entries, range, root, epoch_n, server_device,
    server_seq, server_prev, arrivals, created_at
FROM station
ORDER BY station_id
