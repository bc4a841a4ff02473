-- Of a person, or of all (''), recorded between two moments; the newest first, a part behind an
-- act. An act that was written anew without a part of it is among them: that part is held.
SELECT
    held.act_index, held.device, held.act_n, held.person, held.code, held.detail, held.at,
    held.records, held.envelope_hash, envelope.received_at
FROM held_waiting AS held
LEFT JOIN envelope ON envelope.station_id = held.station_id AND envelope.hash = held.envelope_hash
WHERE held.station_id = $1
    AND ($2 = '' OR held.person = $2) AND held.at >= $3 AND held.at < $4
    AND (
        held.at < $7
        OR (held.at = $7 AND (held.envelope_hash, held.act_index) > ($8, $9))
    )
ORDER BY held.at DESC, held.envelope_hash, held.act_index
LIMIT $5 OFFSET $6
