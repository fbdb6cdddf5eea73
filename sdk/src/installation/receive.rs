//! What a reply means. A reply is believed for what is signed in it, and only if it
//! answers the very request that was made.

use alloc::{sync::Arc, vec::Vec};

use super::judge::Source;
use super::memory::{SecretText, SeenToken};
use super::reply::{self, Issued};
use super::request::{By, Purpose};
use super::{
    Answer, ClientError, Event, Hand, Installation, MachineInfo, NetworkError, Nonce, Reply,
    Request, Seatless, is_machine_id,
};
use crate::{Code, License, LicenseKey, UnixTime, standing::FUTURE_TOLERANCE};

/// What came of a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Received {
    /// Of an activation or a refresh: what holds now.
    Answer(Answer),
    /// The seats of the license.
    Machines(Vec<MachineInfo>),
    /// A seat was freed. Where it was this machine's, the license is forgotten.
    Freed,
}

impl Installation {
    /// Makes the request for a newer token: with the token in hand, or with the
    /// license key where the token will not do. It activates only what somebody has typed
    /// the key for, and what the license could not give then.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoLicense`] where there is nothing to ask with.
    pub fn refresh(&mut self, nonce: Nonce, raw: UnixTime) -> Result<Request, ClientError> {
        if !self.can_ask() {
            return Err(ClientError::NoLicense);
        }
        let by_key = self.schedule.tries_key() || matches!(self.hand, Hand::Refused(_));
        self.schedule.asked(raw, &nonce);
        if let (true, Ok(key)) = (self.awaits_seat(), self.key()) {
            let key = LicenseKey::parse(key)?;
            return Ok(Request::activate(&self.setup, key, nonce, true));
        }
        match (&self.memory.token, self.key()) {
            (_, Ok(key)) if by_key => Ok(Request::refresh_by_key(&self.setup, key, nonce)),
            (Some(token), _) => Ok(Request::refresh_by_token(token, nonce)),
            (None, key) => Ok(Request::refresh_by_key(&self.setup, key?, nonce)),
        }
    }

    /// Takes the reply to a request, where the machine's clock says `raw`.
    ///
    /// # Errors
    ///
    /// [`ClientError`]. What held before still holds.
    pub fn receive(
        &mut self,
        request: Request,
        reply: Reply<'_>,
        raw: UnixTime,
    ) -> Result<Received, ClientError> {
        let in_background = request.purpose.is_in_background();
        let received = match request.purpose {
            Purpose::Activate { key, nonce, .. } => self.activated(key, &nonce, reply, raw),
            Purpose::Refresh { by, nonce } => self.refreshed(by, &nonce, reply, raw),
            Purpose::Machines => self.listed(reply),
            Purpose::Free { this_machine } => self.freed(this_machine, reply),
        };
        if let (Err(error), true) = (&received, in_background) {
            // A portal's word on when to ask again is not the issuer's.
            let patience = match error {
                ClientError::RateLimited { .. }
                | ClientError::Network(NetworkError::Refused { .. }) => reply.retry_after,
                _ => None,
            };
            self.note_failure(error.code(), patience, raw);
        }
        received
    }

    /// Says that no reply came to a request, and why.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a request that has failed is of no further use"
    )]
    pub fn failed(&mut self, request: Request, why: &str, raw: UnixTime) -> ClientError {
        self.unreached(&request, NetworkError::Unreachable(why.into()), raw)
    }

    pub(crate) fn unreached(
        &mut self,
        request: &Request,
        error: NetworkError,
        raw: UnixTime,
    ) -> ClientError {
        let error = ClientError::Network(error);
        if request.purpose.is_in_background() {
            self.note_failure(error.code(), None, raw);
        }
        error
    }

    /// Whether a refresh that was refused should be tried once more, at once: with
    /// the license key this time.
    #[must_use]
    pub fn retries_at_once(&self) -> bool {
        self.schedule.tries_key()
    }

    fn note_failure(&mut self, code: Code, retry_after: Option<u64>, raw: UnixTime) {
        self.schedule.failed(retry_after);
        let now = self.now(raw);
        let since = *self.memory.failing_since.get_or_insert(now);
        self.changed = true;
        // Told when it begins, and when it fails in another way.
        if !self.schedule.tries_key() && self.failing.replace(code) != Some(code) {
            self.events.push(Event::RefreshFailing { since, code });
        }
    }

    fn activated(
        &mut self,
        key: LicenseKey,
        nonce: &Nonce,
        reply: Reply<'_>,
        raw: UnixTime,
    ) -> Result<Received, ClientError> {
        let issued = match Issued::read(reply) {
            Err(ClientError::MachineLimit {
                max,
                current,
                machines,
            }) => {
                let ids = machines.iter().map(|it| it.id.clone()).collect();
                self.seatless = Some(Seatless { key, machines: ids });
                return Err(ClientError::MachineLimit {
                    max,
                    current,
                    machines,
                });
            }
            issued => issued?,
        };
        let license = self.judge(&issued, &Source::Reply(nonce), raw)?;
        self.spare(&license, license.claims().iat, raw)?;
        self.memory.license_key = Some(SecretText::new(key.expose()));
        self.memory.machine.clone_from(&issued.machine);
        self.seatless = None;
        Ok(self.accept(&issued, license, &Source::Reply(nonce), raw))
    }

    fn refreshed(
        &mut self,
        by: By,
        nonce: &Nonce,
        reply: Reply<'_>,
        raw: UnixTime,
    ) -> Result<Received, ClientError> {
        // The token will not do. That is not signed and changes nothing; but there is
        // another way to ask.
        if by == By::Token && reply.status == 401 && self.memory.license_key.is_some() {
            self.schedule.try_key();
        }
        let issued = Issued::read(reply)?;
        let license = self.judge(&issued, &Source::Reply(nonce), raw)?;
        if self.license().is_some_and(|it| it.id() != license.id()) {
            return Err(ClientError::OtherRequest);
        }
        if issued.machine.is_some() {
            self.memory.machine.clone_from(&issued.machine);
        }
        Ok(self.accept(&issued, license, &Source::Reply(nonce), raw))
    }

    /// Takes a verified license in hand, and learns from it what its source proves.
    pub(super) fn accept(
        &mut self,
        issued: &Issued,
        license: License,
        source: &Source<'_>,
        raw: UnixTime,
    ) -> Received {
        let was_usable = self.told.is_some_and(Code::usable);
        let claims = license.claims();
        let within = claims.iat.minus(FUTURE_TOLERANCE) <= raw && raw < claims.exp;
        let offset = claims.iat.as_secs().saturating_sub(raw.as_secs());
        match source {
            Source::Reply(_) => self.memory.clock_offset = Some(offset),
            // It was under way for a while: the clock may well be right.
            Source::Response => self.memory.clock_offset = Some(if within { 0 } else { offset }),
            Source::File => {}
        }
        let witness = &mut self.memory.witness;
        match source {
            Source::Reply(_) | Source::Response => {
                witness.watermark = Some(claims.iat);
                witness.leap = None;
            }
            Source::File => witness.watermark = witness.watermark.or(Some(claims.iat)),
        }
        witness.contact = witness.contact.saturating_add(1);
        let seen = SeenToken {
            seq: claims.seq,
            iat: claims.iat,
            kid: license.key_id(),
        };
        witness.remember(license.id(), seen);
        self.memory.token = Some(issued.token.clone());
        self.failing = None;
        if self.memory.failing_since.take().is_some() {
            self.events.push(Event::RefreshRecovered);
        }
        self.schedule.succeeded();
        self.changed = true;
        self.hand = Hand::License(Arc::new(license));
        let answer = self.check(raw);
        if let (true, true, Some(license)) = (was_usable, answer.usable(), answer.license()) {
            self.events.push(Event::Renewed {
                lease_ends_at: license.lease_ends_at(),
            });
        }
        Received::Answer(answer)
    }

    fn listed(&mut self, reply: Reply<'_>) -> Result<Received, ClientError> {
        let machines = reply::machines(reply, self.setup.fingerprint.as_deref())?;
        let this = machines.iter().find(|it| it.this_machine);
        if let Some(this) = this.filter(|it| is_machine_id(&it.id)) {
            self.memory.machine = Some(this.id.clone());
            self.changed = true;
        }
        Ok(Received::Machines(machines))
    }

    fn freed(&mut self, this_machine: bool, reply: Reply<'_>) -> Result<Received, ClientError> {
        match reply::freed(reply) {
            // This machine's seat was freed by somebody else.
            Err(ClientError::NotFound) if this_machine => {}
            Err(ClientError::NotFound) => return Err(ClientError::NoMachine),
            freed => freed?,
        }
        if this_machine {
            self.forget();
        }
        Ok(Received::Freed)
    }
}
