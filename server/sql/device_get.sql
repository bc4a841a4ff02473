SELECT
    device, person, sign_key, agree_key, last_seq, last_hash, acts, removed_seq, first_seen,
    last_seen, clock_offset_ms, frozen, seen_index, waiting
FROM device
WHERE station_id = $1 AND device = $2
