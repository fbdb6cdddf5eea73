-- Which attempt holds a delivery: only that one may record what came of it, and an issuer
-- gives back at its start what its former self held.
ALTER TABLE deliveries ADD COLUMN holder TEXT;
