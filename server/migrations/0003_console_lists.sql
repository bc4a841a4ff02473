-- What the console lists, pages and searches by. All of it is computed from records.

-- A line's place in a book that is one sequence: year * 10^12 + n of its register number, and
-- behind all numbers where it has none.
ALTER TABLE line ADD COLUMN place BIGINT NOT NULL DEFAULT 9223372036854775807;
UPDATE line SET place = (
    SELECT number.year * 1000000000000 + number.n
    FROM number
    WHERE number.station_id = line.station_id AND number.book = line.book
        AND number.record = line.record
)
WHERE EXISTS (
    SELECT 1
    FROM number
    WHERE number.station_id = line.station_id AND number.book = line.book
        AND number.record = line.record
);
CREATE INDEX line_place ON line (station_id, book, place, day, record);

CREATE INDEX record_state ON record (station_id, kind, state, flags);
CREATE INDEX record_updated ON record (station_id, updated_entry, record);
CREATE INDEX entry_received ON entry (station_id, received_at);

-- One row a record: its words in small letters, none of them personal.
CREATE TABLE search (
    station_id TEXT   NOT NULL REFERENCES station (station_id),
    record     BYTEA  NOT NULL,
    words      TEXT   NOT NULL,
    PRIMARY KEY (station_id, record)
);

-- Time limits that run: neither done nor struck out.
CREATE TABLE open_limit (
    station_id TEXT   NOT NULL REFERENCES station (station_id),
    record     BYTEA  NOT NULL,
    name       TEXT   NOT NULL,
    book       TEXT   NOT NULL,
    column_id  TEXT   NOT NULL,
    begun      BIGINT NOT NULL,
    due        BIGINT NOT NULL,
    PRIMARY KEY (station_id, record, name)
);
CREATE INDEX open_limit_due ON open_limit (station_id, due, record, name);

-- Which records a record names, and in which field.
CREATE TABLE link (
    station_id TEXT  NOT NULL REFERENCES station (station_id),
    record     BYTEA NOT NULL,
    field      TEXT  NOT NULL,
    target     BYTEA NOT NULL,
    PRIMARY KEY (station_id, record, field, target)
);
CREATE INDEX link_target ON link (station_id, target, record);
