SELECT
    record, pos, hash, bytes, device, seq, act_n, person, at, received_at, entry
FROM change
WHERE station_id = $1 AND record = $2
ORDER BY pos
