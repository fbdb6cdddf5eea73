-- Every write of a fact replaces its links, and every deleted customer's events are
-- found by the object they are about.
CREATE INDEX fact_links_object ON fact_links (object);
CREATE INDEX stripe_events_subject ON stripe_events (subject);
CREATE INDEX stripe_events_id ON stripe_events (id);
CREATE INDEX license_items_license ON license_items (license_id);
CREATE INDEX offline_requests_license ON offline_requests (license_id);

-- The queues, in the order in which workers claim from them: a claim reads the head of
-- the queue and sorts nothing. Only what waits has a due time.
DROP INDEX stripe_events_due;
CREATE INDEX stripe_events_queue ON stripe_events (due_at, received_at, created, id)
    WHERE due_at IS NOT NULL;
DROP INDEX deliveries_due;
CREATE INDEX deliveries_queue ON deliveries (state, due_at, created_at, turn, id);
CREATE INDEX stripe_events_parked ON stripe_events (waits_for) WHERE waits_for IS NOT NULL;
