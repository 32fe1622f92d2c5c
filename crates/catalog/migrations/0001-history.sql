-- One row, taken by whoever writes before anything else: it orders all writers, on both databases.
CREATE TABLE head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    digest TEXT NOT NULL
);
INSERT INTO head (id, number, digest) VALUES (1, 0, '');

-- What people said and decided, in the order in which they did. Rows are only ever added.
CREATE TABLE entry (
    number BIGINT NOT NULL PRIMARY KEY,
    noun TEXT NOT NULL,
    subject TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    what TEXT NOT NULL,
    at TEXT NOT NULL,
    author TEXT NOT NULL CHECK (author <> ''),
    why TEXT,
    body TEXT NOT NULL,
    digest TEXT NOT NULL,
    UNIQUE (noun, subject, version)
);

-- Who may label an item: as many seats as labels are wanted, each reviewer in one of them at most.
CREATE TABLE seat (
    queue TEXT NOT NULL,
    item TEXT NOT NULL,
    place BIGINT NOT NULL CHECK (place >= 1),
    reviewer TEXT,
    until TEXT,
    done BIGINT NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    PRIMARY KEY (queue, item, place),
    UNIQUE (queue, item, reviewer),
    CHECK (done = 0 OR reviewer IS NOT NULL)
);
CREATE INDEX seat_of ON seat (queue, reviewer);
