-- With the act in the books that had said the same, where there is one.
SELECT
    held_change.hash, held_change.device, held_change.g, held_change.act_n, held_change.bytes,
    again.first_device, again.first_n
FROM held_change
LEFT JOIN again ON again.station_id = held_change.station_id
    AND again.device = held_change.device AND again.act_n = held_change.act_n
WHERE held_change.station_id = $1 AND held_change.record = $2
ORDER BY held_change.entry, held_change.act_index, held_change.hash
