SELECT
    envelope_hash, act_index, device, seq, act_n, person, code, detail, at, outcome, records
FROM held_waiting
WHERE station_id = $1 AND outcome = $2
ORDER BY at, envelope_hash, act_index
