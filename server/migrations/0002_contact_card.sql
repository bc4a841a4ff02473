-- The duty phone that the directory names, and when what cards print of a member last changed.
ALTER TABLE officer ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN phone_changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE officer ADD COLUMN facts_changed_at BIGINT NOT NULL DEFAULT 0;

-- Which card a printed code means. A code that is printed stays: nothing deletes from here, and a
-- rebuild puts back what is missing. Codes are unique over all stations of a store, and a reader
-- brings nothing but the code, so here alone a key does not start with the station.
CREATE TABLE card (
    code       TEXT  NOT NULL PRIMARY KEY,
    station_id TEXT  NOT NULL REFERENCES station (station_id),
    record     BYTEA NOT NULL
);
CREATE UNIQUE INDEX card_record ON card (station_id, record);

-- The photos of cards by the SHA-256 of their bytes.
CREATE TABLE card_photo (
    station_id TEXT   NOT NULL REFERENCES station (station_id),
    hash       BYTEA  NOT NULL,
    mime       TEXT   NOT NULL,
    bytes      BYTEA  NOT NULL,
    PRIMARY KEY (station_id, hash)
);
