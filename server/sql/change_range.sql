SELECT
    record, pos, hash, bytes, device, seq, act_n, person, at, received_at, entry
FROM change
WHERE station_id = $1 AND entry >= $2 AND entry < $3
ORDER BY entry, record, pos
