-- Audit entries of transactions that are committed, until they are chained. Writers meet
-- nowhere here; one at a time moves entries to the chain.
CREATE TABLE audit_pending (
    -- Sorts in the order of writing.
    id      TEXT   PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  TEXT   NOT NULL
);
CREATE INDEX audit_pending_subject ON audit_pending (subject);
