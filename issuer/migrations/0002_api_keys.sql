-- Keys for the management API. The key itself is shown once and never stored.
CREATE TABLE api_keys (
    id           TEXT   PRIMARY KEY,
    name         TEXT   NOT NULL,
    key_hash     TEXT   NOT NULL UNIQUE,
    -- How the key ends: enough to tell keys apart.
    hint         TEXT   NOT NULL,
    -- Separated by spaces.
    scopes       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT,
    revoked_at   BIGINT
);
