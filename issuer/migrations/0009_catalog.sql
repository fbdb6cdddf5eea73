-- A license follows an item as long as it is of one of the vendor's products, so that the
-- product is part of what it follows.
UPDATE licenses SET item = item || '/' || product;
UPDATE license_items
SET item = item || '/' ||
    (SELECT product FROM licenses WHERE licenses.id = license_items.license_id);

-- What the catalog says now and said before: what was bought keeps its terms.
CREATE TABLE catalog_products (
    code        TEXT   PRIMARY KEY,
    body        TEXT   NOT NULL,
    archived_at BIGINT
);
CREATE TABLE catalog_policies (
    name        TEXT   PRIMARY KEY,
    body        TEXT   NOT NULL,
    archived_at BIGINT
);
CREATE TABLE catalog_mappings (
    -- A price or a product of Stripe's.
    mapped TEXT   NOT NULL,
    since  BIGINT NOT NULL,
    sale   TEXT   NOT NULL,
    -- When it was taken away, or pointed at another product.
    until  BIGINT,
    PRIMARY KEY (mapped, since)
);

-- How many licenses use a policy that the catalog has lost.
CREATE INDEX licenses_status ON licenses (status, policy);
