-- Which claim of a lane holds its lease: a worker whose lease was taken over commits
-- nothing more.
ALTER TABLE leases ADD COLUMN holder TEXT NOT NULL DEFAULT '';
