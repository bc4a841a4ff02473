SELECT
    envelope_hash, act_index, device, seq, act_n, person, code, detail, at, outcome, records
FROM held
WHERE station_id = $1 AND device = $2 AND seq >= $3
ORDER BY seq, act_index
