SELECT name, book, column_id, begun, due
FROM open_limit
WHERE station_id = $1 AND record = $2
ORDER BY name
