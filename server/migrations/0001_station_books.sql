-- Hashes, devices and records are BYTEA, times are milliseconds since 1970 (UTC) as BIGINT.
-- Every key starts with station_id, so that a store can be split by station.

CREATE TABLE station (
    station_id    TEXT   NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL,
    word          TEXT   NOT NULL,
    zone_minutes  BIGINT NOT NULL,
    lineage       BIGINT NOT NULL,
    entries       BIGINT NOT NULL,
    range         BYTEA  NOT NULL,
    root          BYTEA  NOT NULL,
    epoch_n       BIGINT NOT NULL,
    server_device BYTEA  NOT NULL,
    server_seq    BIGINT NOT NULL,
    server_prev   BYTEA  NOT NULL,
    server_acts   BIGINT NOT NULL,
    server_records BIGINT NOT NULL,
    arrivals      BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);

-- What the operator says about the members; the charter is issued from it.
CREATE TABLE officer (
    station_id  TEXT   NOT NULL REFERENCES station (station_id),
    person      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    post        TEXT   NOT NULL,
    certificate TEXT   NOT NULL,
    valid_from  TEXT,
    valid_until TEXT,
    roles       TEXT   NOT NULL,
    added_at    BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    removed_at  BIGINT,
    PRIMARY KEY (station_id, person)
);

CREATE TABLE charter (
    station_id TEXT   NOT NULL REFERENCES station (station_id),
    lineage    BIGINT NOT NULL,
    n          BIGINT NOT NULL,
    delta      BYTEA  NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (station_id, lineage, n)
);

CREATE TABLE catalogue (
    station_id TEXT  NOT NULL REFERENCES station (station_id),
    hash       BYTEA NOT NULL,
    bundle     BYTEA NOT NULL,
    PRIMARY KEY (station_id, hash)
);

-- Only the hash of a join code is kept: who reads this table cannot join.
CREATE TABLE invite (
    station_id TEXT   NOT NULL REFERENCES station (station_id),
    code_hash  BYTEA  NOT NULL,
    person     TEXT   NOT NULL,
    role       TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    BYTEA,
    PRIMARY KEY (station_id, code_hash)
);

CREATE TABLE device (
    station_id      TEXT    NOT NULL REFERENCES station (station_id),
    device          BYTEA   NOT NULL,
    person          TEXT    NOT NULL,
    sign_key        BYTEA   NOT NULL,
    agree_key       BYTEA   NOT NULL,
    last_seq        BIGINT  NOT NULL,
    last_hash       BYTEA   NOT NULL,
    acts            BIGINT  NOT NULL,
    -- The last number it had used when it was removed from the station.
    removed_seq     BIGINT,
    first_seen      BIGINT  NOT NULL,
    last_seen       BIGINT  NOT NULL,
    clock_offset_ms BIGINT,
    frozen          BOOLEAN NOT NULL,
    seen_index      BIGINT  NOT NULL,
    waiting         BIGINT  NOT NULL,
    PRIMARY KEY (station_id, device)
);

-- The inbox and the device logs: what was received, as it was received.
-- state: 0 waits for admission, 1 has an entry, 2 admission failed and will not be tried again by itself.
CREATE TABLE envelope (
    station_id  TEXT   NOT NULL REFERENCES station (station_id),
    device      BYTEA  NOT NULL,
    seq         BIGINT NOT NULL,
    hash        BYTEA  NOT NULL,
    bytes       BYTEA  NOT NULL,
    received_at BIGINT NOT NULL,
    arrival     BIGINT NOT NULL,
    entry       BIGINT,
    state       BIGINT NOT NULL,
    PRIMARY KEY (station_id, device, seq)
);
CREATE UNIQUE INDEX envelope_hash ON envelope (station_id, hash);
CREATE UNIQUE INDEX envelope_arrival ON envelope (station_id, arrival);
CREATE UNIQUE INDEX envelope_entry ON envelope (station_id, entry);
CREATE INDEX envelope_waiting ON envelope (station_id, arrival) WHERE state = 0;

-- A second envelope under one (device, seq): kept as proof.
CREATE TABLE fork (
    station_id  TEXT   NOT NULL REFERENCES station (station_id),
    device      BYTEA  NOT NULL,
    seq         BIGINT NOT NULL,
    hash        BYTEA  NOT NULL,
    bytes       BYTEA  NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (station_id, device, seq, hash)
);

-- The station log.
CREATE TABLE entry (
    station_id    TEXT   NOT NULL REFERENCES station (station_id),
    idx           BIGINT NOT NULL,
    envelope_hash BYTEA  NOT NULL,
    device        BYTEA  NOT NULL,
    seq           BIGINT NOT NULL,
    received_at   BIGINT NOT NULL,
    bytes         BYTEA  NOT NULL,
    -- The root of the tree over this entry and all before it.
    root          BYTEA  NOT NULL,
    PRIMARY KEY (station_id, idx)
);

CREATE TABLE change (
    station_id  TEXT   NOT NULL REFERENCES station (station_id),
    record      BYTEA  NOT NULL,
    pos         BIGINT NOT NULL,
    hash        BYTEA  NOT NULL,
    bytes       BYTEA  NOT NULL,
    device      BYTEA  NOT NULL,
    seq         BIGINT NOT NULL,
    act_n       BIGINT NOT NULL,
    person      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    entry       BIGINT NOT NULL,
    PRIMARY KEY (station_id, record, pos)
);
CREATE UNIQUE INDEX change_hash ON change (station_id, record, hash);
CREATE INDEX change_entry ON change (station_id, entry);

-- The generation each device has reached in a record, by acts admitted and held.
CREATE TABLE generation (
    station_id TEXT   NOT NULL REFERENCES station (station_id),
    record     BYTEA  NOT NULL,
    device     BYTEA  NOT NULL,
    g          BIGINT NOT NULL,
    PRIMARY KEY (station_id, record, device)
);

-- The changes of held acts: what rests on them is stranded and is written anew.
CREATE TABLE held_change (
    station_id    TEXT   NOT NULL REFERENCES station (station_id),
    record        BYTEA  NOT NULL,
    hash          BYTEA  NOT NULL,
    device        BYTEA  NOT NULL,
    g             BIGINT NOT NULL,
    act_n         BIGINT NOT NULL,
    bytes         BYTEA  NOT NULL,
    envelope_hash BYTEA  NOT NULL,
    act_index     BIGINT NOT NULL,
    entry         BIGINT NOT NULL,
    PRIMARY KEY (station_id, record, hash)
);

-- Rows and members that got another name when the server wrote their act anew.
CREATE TABLE rename (
    station_id TEXT  NOT NULL REFERENCES station (station_id),
    record     BYTEA NOT NULL,
    old_name   TEXT  NOT NULL,
    new_name   TEXT  NOT NULL,
    PRIMARY KEY (station_id, record, old_name)
);

CREATE TABLE record (
    station_id    TEXT   NOT NULL REFERENCES station (station_id),
    record        BYTEA  NOT NULL,
    kind          TEXT   NOT NULL,
    external_id   TEXT,
    title         TEXT   NOT NULL,
    day           TEXT,
    state         TEXT   NOT NULL,
    author        TEXT   NOT NULL,
    created_entry BIGINT NOT NULL,
    updated_entry BIGINT NOT NULL,
    changes       BIGINT NOT NULL,
    ops           BIGINT NOT NULL,
    flags         BIGINT NOT NULL,
    PRIMARY KEY (station_id, record)
);
CREATE INDEX record_kind ON record (station_id, kind, day, record);
CREATE INDEX record_external ON record (station_id, external_id);

CREATE TABLE line (
    station_id TEXT   NOT NULL REFERENCES station (station_id),
    book       TEXT   NOT NULL,
    record     BYTEA  NOT NULL,
    row_key    TEXT   NOT NULL,
    day        TEXT,
    officer    TEXT   NOT NULL,
    sort       TEXT   NOT NULL,
    cells      TEXT   NOT NULL,
    PRIMARY KEY (station_id, book, record, row_key)
);
CREATE INDEX line_day ON line (station_id, book, day, sort);
CREATE INDEX line_row ON line (station_id, book, row_key);
CREATE INDEX line_record ON line (station_id, record);

-- Register numbers are statements of the server; a rebuild replays them.
CREATE TABLE number (
    station_id TEXT   NOT NULL REFERENCES station (station_id),
    book       TEXT   NOT NULL,
    year       BIGINT NOT NULL,
    n          BIGINT NOT NULL,
    record     BYTEA  NOT NULL,
    step       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    text       TEXT   NOT NULL,
    PRIMARY KEY (station_id, book, year, n)
);
CREATE UNIQUE INDEX number_record ON number (station_id, record, book);

-- act_index -1: the envelope is held whole.
CREATE TABLE held (
    station_id    TEXT   NOT NULL REFERENCES station (station_id),
    envelope_hash BYTEA  NOT NULL,
    act_index     BIGINT NOT NULL,
    device        BYTEA  NOT NULL,
    seq           BIGINT NOT NULL,
    act_n         BIGINT NOT NULL,
    person        TEXT   NOT NULL,
    code          TEXT   NOT NULL,
    detail        TEXT   NOT NULL,
    at            BIGINT NOT NULL,
    outcome       TEXT   NOT NULL,
    records       TEXT   NOT NULL,
    PRIMARY KEY (station_id, envelope_hash, act_index)
);
CREATE INDEX held_outcome ON held (station_id, outcome, at);
CREATE INDEX held_device ON held (station_id, device, seq);

CREATE TABLE meta (
    station_id TEXT  NOT NULL REFERENCES station (station_id),
    key        TEXT  NOT NULL,
    value      BYTEA NOT NULL,
    PRIMARY KEY (station_id, key)
);
