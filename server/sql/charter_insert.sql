INSERT INTO charter (
    station_id, lineage, n, delta, at
) VALUES (
    $1, $2, $3, $4, $5
)
