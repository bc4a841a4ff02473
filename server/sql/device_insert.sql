INSERT INTO device (
    station_id, device, person, sign_key, agree_key, last_seq, last_hash, acts, removed_seq,
    first_seen, last_seen, clock_offset_ms, frozen, seen_index, waiting
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, 0, NULL, $8, $9, $10, $11, $12, $13
)
