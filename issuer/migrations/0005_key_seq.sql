-- With which seq a license got its key: a token with a lower one was given to who held
-- an older key.
ALTER TABLE licenses ADD COLUMN key_seq BIGINT NOT NULL DEFAULT 0;
