-- One row when the code is good and was not used before, in one step.
UPDATE invite
SET used_at = $3, used_by = $4
WHERE station_id = $1 AND code_hash = $2 AND used_at IS NULL AND expires_at > $3
RETURNING person, role
