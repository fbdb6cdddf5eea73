-- What kind of machine it is decides when its seat becomes free by itself.
ALTER TABLE machines ADD COLUMN class TEXT NOT NULL DEFAULT 'desktop';
ALTER TABLE machines ADD COLUMN heartbeat_at BIGINT;

-- When seats of a license were taken, for the limit on how often that may be.
CREATE TABLE activations (
    license_id TEXT   NOT NULL REFERENCES licenses (id),
    at         BIGINT NOT NULL
);
CREATE INDEX activations_license ON activations (license_id, at);

-- The offline requests that were answered: each is answered once.
CREATE TABLE offline_requests (
    nonce      TEXT   PRIMARY KEY,
    license_id TEXT   NOT NULL REFERENCES licenses (id),
    at         BIGINT NOT NULL
);
