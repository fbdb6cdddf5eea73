-- Every keyset that a root has signed, newest last. What apps are given is the newest;
-- older ones tell which keys were ever ours.
CREATE TABLE keysets (
    version    BIGINT PRIMARY KEY,
    body       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
