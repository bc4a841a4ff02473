-- Acts that name another in `again`, as they were judged: whom they stand for, and where they are in
-- the books. `places` is `record:change record:change`, a part each; `first` is the act that had
-- said the same before, if this one is held for that.
CREATE TABLE again (
    station_id   TEXT   NOT NULL REFERENCES station (station_id),
    device       BYTEA  NOT NULL,
    act_n        BIGINT NOT NULL,
    person       TEXT   NOT NULL,
    again_device BYTEA  NOT NULL,
    again_n      BIGINT NOT NULL,
    root_device  BYTEA  NOT NULL,
    root_n       BIGINT NOT NULL,
    said         BYTEA,
    places       TEXT   NOT NULL,
    first_device BYTEA,
    first_n      BIGINT,
    PRIMARY KEY (station_id, device, act_n)
);
CREATE INDEX again_root ON again (station_id, root_device, root_n);
CREATE INDEX again_named ON again (station_id, again_device, again_n);

-- Held acts that wait for somebody. One that was submitted again, or written anew by its phone under
-- another name, waits for nobody once that act is in the books; what an act lost when the server
-- wrote it anew is held too.
CREATE VIEW held_waiting AS
SELECT
    station_id, envelope_hash, act_index, device, seq, act_n, person, code, detail, at, outcome,
    records
FROM held
WHERE (outcome = 'held' OR code = 'partly')
    AND NOT EXISTS (
        SELECT 1
        FROM again
        WHERE again.station_id = held.station_id AND again.said IS NOT NULL
            AND again.again_device = held.device AND again.again_n = held.act_n
    )
    AND NOT EXISTS (
        SELECT 1
        FROM again
        WHERE again.station_id = held.station_id AND again.said IS NOT NULL
            AND again.root_device = held.device AND again.root_n = held.act_n
    );
