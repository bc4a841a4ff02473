SELECT hash, device, g, bytes, envelope_hash, act_index
FROM held_change
WHERE station_id = $1 AND record = $2
ORDER BY hash
