-- Without those that were struck out ($2).
SELECT kind, state, COUNT(*) AS n
FROM record
WHERE station_id = $1 AND (flags & $2) = 0
GROUP BY kind, state
