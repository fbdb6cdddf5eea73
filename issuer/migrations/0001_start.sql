-- What an issuer knows of itself: mode, issuer, key identifiers.
CREATE TABLE instance (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The inbox: every event of Stripe's, stored before it is acknowledged.
CREATE TABLE stripe_events (
    account     TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    type        TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    body        TEXT   NOT NULL,
    subject     TEXT,
    -- Whose events are applied together.
    lane        TEXT   NOT NULL,
    state       TEXT   NOT NULL
        CHECK (state IN ('pending', 'parked', 'applied', 'ignored', 'set_aside', 'quarantined')),
    -- Why it is not applied, for people.
    reason      TEXT,
    -- What a parked event waits for.
    waits_for   TEXT CHECK (waits_for IN ('mapping', 'stripe')),
    attempts    BIGINT NOT NULL,
    due_at      BIGINT,
    PRIMARY KEY (account, id)
);
-- The worker asks for what is due.
CREATE INDEX stripe_events_due ON stripe_events (state, due_at);
CREATE INDEX stripe_events_lane ON stripe_events (lane, state);
CREATE INDEX stripe_events_received ON stripe_events (received_at);

-- Who works on a lane has it for itself until then.
CREATE TABLE leases (
    lane  TEXT   PRIMARY KEY,
    until BIGINT NOT NULL
);

-- The newest knowledge of each billing object.
CREATE TABLE facts (
    object      TEXT   PRIMARY KEY,
    observed_at BIGINT NOT NULL,
    -- The event that told it, or because of which Stripe was asked.
    event_id    TEXT,
    body        TEXT   NOT NULL
);

-- Which identifiers an object carries: facts that share one belong together.
CREATE TABLE fact_links (
    link   TEXT NOT NULL,
    object TEXT NOT NULL REFERENCES facts (object),
    PRIMARY KEY (link, object)
);

CREATE TABLE customers (
    id              TEXT   PRIMARY KEY,
    -- Absent for guests, who are told apart by their purchase.
    stripe_customer TEXT   UNIQUE,
    email           TEXT,
    name            TEXT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);

CREATE TABLE licenses (
    id           TEXT   PRIMARY KEY,
    -- What it follows now: subscription/item or checkout/line. One license each.
    item         TEXT   NOT NULL UNIQUE,
    subscription TEXT,
    session      TEXT,
    customer_id  TEXT   NOT NULL REFERENCES customers (id),
    product      TEXT   NOT NULL,
    policy       TEXT   NOT NULL,
    key_hash     TEXT   NOT NULL UNIQUE,
    -- Encrypted under a key that is not in this database.
    key_sealed   TEXT   NOT NULL,
    -- What the facts amount to, what an administrator ordered, what was last told.
    state        TEXT   NOT NULL,
    admin_order  TEXT CHECK (admin_order IN ('suspend', 'revoke', 'ban')),
    told         TEXT,
    status       TEXT   NOT NULL
        CHECK (status IN ('active', 'suspended', 'expired', 'revoked', 'banned')),
    seq          BIGINT NOT NULL,
    -- The next moment at which time alone changes the answer.
    change_at    BIGINT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX licenses_change ON licenses (change_at);
CREATE INDEX licenses_subscription ON licenses (subscription);
CREATE INDEX licenses_session ON licenses (session);
CREATE INDEX licenses_customer ON licenses (customer_id);

-- Every item that a license has ever followed: what it followed before can do it no
-- harm any more.
CREATE TABLE license_items (
    item       TEXT PRIMARY KEY,
    license_id TEXT NOT NULL REFERENCES licenses (id)
);

CREATE TABLE machines (
    id             TEXT   PRIMARY KEY,
    license_id     TEXT   NOT NULL REFERENCES licenses (id),
    fingerprint    TEXT   NOT NULL,
    name           TEXT,
    platform       TEXT,
    -- The key that activated it: a reissued key ends what the old one activated.
    key_hash       TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    last_seen_at   BIGINT NOT NULL,
    deactivated_at BIGINT,
    UNIQUE (license_id, fingerprint)
);

-- The outbox: written with the change it tells of, delivered at least once.
CREATE TABLE deliveries (
    id          TEXT   NOT NULL,
    url         TEXT   NOT NULL,
    type        TEXT   NOT NULL,
    license_id  TEXT   NOT NULL,
    -- Encrypted: the body of license.created carries the key.
    body_sealed TEXT   NOT NULL,
    -- Its place among those of its license.
    turn        BIGINT NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    last_error  TEXT,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (id, url)
);
CREATE INDEX deliveries_due ON deliveries (state, due_at);
CREATE INDEX deliveries_license ON deliveries (license_id, state);

-- Append-only; each entry's hash covers the one before.
CREATE TABLE audit (
    n       BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    hash    TEXT   NOT NULL
);

-- The webhook endpoints that we made at Stripe. It shows a secret once.
CREATE TABLE stripe_endpoints (
    id            TEXT   PRIMARY KEY,
    secret_sealed TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    -- When the first delivery signed with it came.
    delivered_at  BIGINT
);
