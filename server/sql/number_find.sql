-- The newest number of a book that counts to n, in a year or (0) in any.
SELECT book, year, n, record, step, at, text
FROM number
WHERE station_id = $1 AND book = $2 AND n = $4 AND ($3 = 0 OR year = $3)
ORDER BY year DESC
LIMIT 1
