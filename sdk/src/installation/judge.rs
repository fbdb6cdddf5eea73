//! Whether what the issuer has signed is taken over: its keys first, and then the token
//! with these keys.

use super::reply::Issued;
use super::{ClientError, Installation, Nonce};
use crate::{
    Held, Keyring, Keyset, KeysetError, License, Roots, Seen, Token, UnixTime, VerifyError,
};

/// Where a signed text comes from, and so what it proves of the time.
pub(super) enum Source<'a> {
    /// A reply to this nonce, just now.
    Reply(&'a Nonce),
    /// A response to this nonce, carried here by hand.
    Response,
    /// A file that somebody exported at some time.
    File,
}

impl Installation {
    /// Verifies a token, and takes over the keyset that came with it: that is signed
    /// by itself, and good whatever becomes of the token.
    pub(super) fn judge(
        &mut self,
        issued: &Issued,
        source: &Source<'_>,
        raw: UnixTime,
    ) -> Result<License, ClientError> {
        let mut refused = None;
        if let Some(text) = &issued.keyset {
            refused = self.take_over(text, self.now(raw)).err();
            // The clock may be wrong, and the token tells the right time.
            let answers = matches!(source, Source::Reply(_) | Source::Response);
            if let (Some(KeysetError::Expired { .. }), true) = (&refused, answers) {
                let keyring = self.setup.keyring(Some(&self.setup.roots.verify(text)?));
                let license = self.admit(&issued.token, &keyring, source)?;
                refused = self.take_over(text, license.claims().iat).err();
            }
        }
        match (self.admit(&issued.token, &self.keyring, source), refused) {
            // The keys that came along were refused, and that is why.
            (Err(ClientError::Token(VerifyError::UnknownKey { .. })), Some(refused)) => {
                Err(refused.into())
            }
            (admitted, _) => admitted,
        }
    }

    fn take_over(&mut self, text: &str, now: UnixTime) -> Result<(), KeysetError> {
        let oldest = self
            .memory
            .witness
            .keyset_version
            .max(self.setup.min_version);
        let held = Held {
            version: oldest,
            text: self
                .memory
                .keyset
                .as_deref()
                .filter(|_| self.keyset.is_some()),
        };
        let keyset = self.setup.roots.take_over(text, &held, now)?;
        if self.keyset.as_ref() != Some(&keyset) {
            self.hold(text, keyset);
        }
        Ok(())
    }

    fn hold(&mut self, text: &str, keyset: Keyset) {
        self.memory.witness.keyset_version = keyset.version;
        self.memory.witness.keyset_root = Roots::named_in(text);
        self.memory.keyset = Some(text.into());
        self.keyset = Some(keyset);
        self.changed = true;
        self.take_in_hand();
    }

    fn admit(
        &self,
        token: &str,
        keyring: &Keyring,
        source: &Source<'_>,
    ) -> Result<License, ClientError> {
        let license = keyring.verify(Token::parse(token)?, &self.expected, &Seen::default())?;
        let nonce = license.claims().nonce.as_deref();
        match source {
            Source::Reply(asked) if nonce == Some(asked.0.as_str()) => {}
            Source::Response if nonce == self.memory.awaited.as_deref() => {}
            Source::Reply(_) | Source::Response => return Err(ClientError::OtherRequest),
            // Of what answers this very request, nothing newer can exist.
            Source::File => {
                let seen = self.memory.witness.seen(license.id());
                seen.check(license.claims(), |it| keyring.revokes(it))?;
            }
        }
        Ok(license)
    }

    /// Lets no license that is of no use at `now` take the place of another one that is.
    pub(super) fn spare(
        &mut self,
        license: &License,
        now: UnixTime,
        raw: UnixTime,
    ) -> Result<(), ClientError> {
        let code = license.standing(now).code();
        let another = self.license().is_some_and(|it| it.id() != license.id());
        if another && !code.usable() && self.check(raw).usable() {
            return Err(ClientError::Unusable { code });
        }
        Ok(())
    }
}
