UPDATE schema_version SET version = version WHERE one = 1 RETURNING version
