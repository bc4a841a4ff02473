-- The lines of a book whose rows are records, by register number; those without one behind.
SELECT
    book, record, row_key, day, officer, sort, cells
FROM line
WHERE station_id = $1 AND book = $2
ORDER BY place, day, record, row_key
LIMIT $3 OFFSET $4
