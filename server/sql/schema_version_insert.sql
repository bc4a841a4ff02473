INSERT INTO schema_version (one, version) VALUES (1, 0)
ON CONFLICT (one) DO NOTHING
