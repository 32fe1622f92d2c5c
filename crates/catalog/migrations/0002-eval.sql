-- The eval that the history is of: the name of its contract, once the first entry was said for it. One row at most.
CREATE TABLE eval (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL CHECK (name <> '')
);
