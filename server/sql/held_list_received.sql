-- Of a person, or of all (''), recorded between two moments; the newest first, a part behind an
-- act. An act that was written anew without a part of it is among them: that part is held.
SELECT
    held.act_index, held.device, held.act_n, held.person, held.code, held.detail, held.at,
    held.records, held.envelope_hash, envelope.received_at
FROM held
LEFT JOIN envelope ON envelope.station_id = held.station_id AND envelope.hash = held.envelope_hash
WHERE held.station_id = $1 AND (held.outcome = $2 OR held.code = 'partly')
    AND ($3 = '' OR held.person = $3) AND held.at >= $4 AND held.at < $5
    AND (
        held.at < $8
        OR (held.at = $8 AND (held.envelope_hash, held.act_index) > ($9, $10))
    )
ORDER BY held.at DESC, held.envelope_hash, held.act_index
LIMIT $6 OFFSET $7
