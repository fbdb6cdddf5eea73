-- Every webhook endpoint that the catalog has had: a pending delivery whose address the
-- catalog has lost finds its endpoint again by what is known of it.
CREATE TABLE webhook_endpoints (
    url         TEXT PRIMARY KEY,
    name        TEXT,
    -- A keyed hash: it tells secrets apart, and nothing about them.
    secret_hash TEXT NOT NULL
);

-- Since when a pending delivery waits for its endpoint to come back.
ALTER TABLE deliveries ADD COLUMN waiting_since BIGINT;
