-- line_day_around
SELECT
    (SELECT MAX(day) FROM line WHERE station_id = $1 AND book = $2 AND day < $3) AS before,
    (SELECT MIN(day) FROM line WHERE station_id = $1 AND book = $2 AND day > $4) AS after
