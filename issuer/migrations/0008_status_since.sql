-- Since when a license has the status that it has; by Stripe's clock where it is known.
ALTER TABLE licenses ADD COLUMN status_since BIGINT NOT NULL DEFAULT 0;
UPDATE licenses SET status_since = updated_at;

-- Its known end is the end of the period that is paid: 0 or 1.
ALTER TABLE licenses ADD COLUMN ends_with_period BIGINT NOT NULL DEFAULT 0;

-- The history of one license.
CREATE INDEX audit_subject ON audit (subject, n);

-- What an object is linked to: from a license's purchase to the events behind it.
CREATE INDEX IF NOT EXISTS fact_links_object ON fact_links (object);
