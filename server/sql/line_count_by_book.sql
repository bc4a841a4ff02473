SELECT book, COUNT(*) AS n, MAX(day) AS day
FROM line
WHERE station_id = $1
GROUP BY book
ORDER BY book
