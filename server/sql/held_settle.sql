UPDATE held
SET outcome = $4
WHERE station_id = $1 AND envelope_hash = $2 AND act_index = $3
