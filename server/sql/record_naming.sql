-- The records whose lines or titles show a text, such as a member's name.
SELECT record
FROM line
WHERE station_id = $1 AND (officer = $2 OR cells LIKE $3)
UNION
SELECT record
FROM record
WHERE station_id = $1 AND title LIKE $3
