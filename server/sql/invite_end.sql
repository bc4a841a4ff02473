-- One row when the code was still good, in one step.
UPDATE invite
SET expires_at = $3
WHERE station_id = $1 AND code_hash = $2 AND used_at IS NULL AND expires_at > $3
RETURNING person
