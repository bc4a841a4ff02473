UPDATE schema_version SET version = $1 WHERE one = 1
