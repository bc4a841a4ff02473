INSERT INTO station (
    station_id, name, word, zone_minutes, lineage, entries, range, root, epoch_n, server_device,
    server_seq, server_prev, server_acts, server_records, arrivals, created_at
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, $13, $14
)
