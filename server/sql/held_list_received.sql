-- held_list_received
SELECT
    held.act_index, held.device, held.act_n, held.person, held.code, held.detail, held.at,
    held.records, envelope.received_at
FROM held
LEFT JOIN envelope ON envelope.station_id = held.station_id AND envelope.hash = held.envelope_hash
WHERE held.station_id = $1 AND held.outcome = $2
ORDER BY held.at, held.envelope_hash, held.act_index
