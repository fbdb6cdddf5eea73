-- What the vendor gave to Stripe with a purchase, and finds again on the license.
ALTER TABLE licenses ADD COLUMN client_reference_id   TEXT;
ALTER TABLE licenses ADD COLUMN session_metadata      TEXT NOT NULL DEFAULT '{}';
ALTER TABLE licenses ADD COLUMN subscription_metadata TEXT NOT NULL DEFAULT '{}';

-- What was bought at a price that is mapped to no policy.
CREATE TABLE unmapped_items (
    -- `sub_…/si_…`, `cs_…/li_…` or `in_…/il_…`
    item       TEXT   PRIMARY KEY,
    origin     TEXT   NOT NULL,
    price      TEXT   NOT NULL,
    -- The policy that the price extends, where the subscription has no license of it.
    extends    TEXT,
    -- The policy that the price sold until it was archived.
    archived   TEXT,
    -- The license that keeps its last terms; absent where there is none.
    license_id TEXT,
    found_at   BIGINT NOT NULL
);
CREATE INDEX unmapped_items_origin ON unmapped_items (origin);
