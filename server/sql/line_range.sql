-- Part by part, so that a book of any size passes through little memory.
SELECT
    book, record, row_key, day, officer, sort, cells
FROM line
WHERE station_id = $1 AND book = $2 AND (record > $3 OR (record = $3 AND row_key > $4))
ORDER BY record, row_key
LIMIT $5
