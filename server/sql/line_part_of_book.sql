-- The lines of a book whose rows are records, by register number; those without one behind. The
-- part is found in the index alone: what is passed over is never read.
SELECT
    line.book, line.record, line.row_key, line.day, line.officer, line.sort, line.cells
FROM (
    SELECT record
    FROM line
    WHERE station_id = $1 AND book = $2
    ORDER BY place, day, record
    LIMIT $3 OFFSET $4
) AS part
JOIN line ON line.station_id = $1 AND line.book = $2 AND line.record = part.record
ORDER BY line.place, line.day, line.record
