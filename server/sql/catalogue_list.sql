SELECT hash, bundle
FROM catalogue
WHERE station_id = $1
ORDER BY hash
