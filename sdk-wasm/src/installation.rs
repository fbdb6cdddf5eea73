//! An app's side of licensing without network, store and clock.

use alloc::string::{String, ToString as _};

use paidup::{Nonce, Poll, Received, Reply};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::moment::{moment, seconds};
use crate::refusal::json;
use crate::{Refusal, Setup};

/// An app on a machine: [`paidup::Installation`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Installation(paidup::Installation);

/// A request that is to be carried to the issuer: [`paidup::Request`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Request(paidup::Request);

#[wasm_bindgen]
impl Request {
    /// The HTTP method.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn method(&self) -> String {
        self.0.method.as_str().into()
    }

    /// What is put behind the issuer's address.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn path(&self) -> String {
        self.0.path.clone()
    }

    /// The header `authorization`, if there is one. A secret.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn authorization(&self) -> Option<String> {
        self.0.authorization.as_ref().map(|it| it.to_string())
    }

    /// The body, if there is one. A secret.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn body(&self) -> Option<String> {
        self.0.body.as_ref().map(|it| it.to_string())
    }
}

#[wasm_bindgen]
impl Installation {
    /// An app as it starts, with what its two places hold.
    #[must_use]
    #[wasm_bindgen(constructor)]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "absent texts cross the border as owned ones"
    )]
    pub fn new(setup: Setup, state: Option<String>, witness: Option<String>) -> Installation {
        let state = state.as_deref().map(str::as_bytes);
        let witness = witness.as_deref().map(str::as_bytes);
        Self(paidup::Installation::load(setup.0, state, witness))
    }

    /// Looks whether another tab has been in contact.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "absent texts cross the border as owned ones"
    )]
    pub fn reload(&mut self, state: Option<String>, witness: Option<String>) {
        let witness = witness.as_deref().map(str::as_bytes);
        self.0.reload(state.as_deref().map(str::as_bytes), witness);
    }

    /// The word for what holds.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where `now` is no time, as everywhere here.
    pub fn check(&mut self, now: f64) -> Result<String, Refusal> {
        Ok(self.0.check(moment(now)?).code().as_str().into())
    }

    /// Whether the license is usable.
    ///
    /// # Errors
    /// As everywhere here.
    pub fn usable(&mut self, now: f64) -> Result<bool, Refusal> {
        Ok(self.0.check(moment(now)?).usable())
    }

    /// Whether the license is usable and has this entitlement.
    ///
    /// # Errors
    /// As everywhere here.
    pub fn allows(&mut self, entitlement: &str, now: f64) -> Result<bool, Refusal> {
        Ok(self.0.check(moment(now)?).allows(entitlement))
    }

    /// [`paidup::LicenseSummary`] as JSON, where there is a verified license.
    ///
    /// # Errors
    /// As everywhere here.
    pub fn summary(&mut self, now: f64) -> Result<Option<String>, Refusal> {
        let answer = self.0.check(moment(now)?);
        Ok(answer.license().map(|it| json(&it.summary())))
    }

    /// [`paidup::Explanation`] as JSON.
    ///
    /// # Errors
    /// As everywhere here.
    pub fn explain(&self, now: f64) -> Result<String, Refusal> {
        Ok(json(&self.0.explain(moment(now)?)))
    }

    /// Seconds until the issuer should be asked, zero where now; absent where there is
    /// nothing to ask with.
    ///
    /// # Errors
    /// As everywhere here.
    pub fn poll(&mut self, now: f64) -> Result<Option<u32>, Refusal> {
        Ok(match self.0.poll(moment(now)?) {
            Poll::Ask => Some(0),
            Poll::Wait { seconds } => Some(u32::try_from(seconds).unwrap_or(u32::MAX).max(1)),
            _ => None,
        })
    }

    /// Begins to activate this machine with a key, as it was typed.
    ///
    /// # Errors
    /// `LICENSE_KEY_MALFORMED`.
    pub fn activate(&mut self, key: &str, random: &[u8]) -> Result<Request, Refusal> {
        Ok(Request(self.0.activate(key, nonce(random)?)?))
    }

    /// Makes the request for a newer token.
    ///
    /// # Errors
    /// `NO_LICENSE` where there is nothing to ask with.
    pub fn refresh(&mut self, random: &[u8], now: f64) -> Result<Request, Refusal> {
        Ok(Request(self.0.refresh(nonce(random)?, moment(now)?)?))
    }

    /// Whether a refresh that has failed should be made once more, at once.
    #[must_use]
    #[wasm_bindgen(js_name = retriesAtOnce)]
    pub fn retries_at_once(&self) -> bool {
        self.0.retries_at_once()
    }

    /// The request for the list of seats.
    ///
    /// # Errors
    /// `NO_LICENSE` where no key is known.
    pub fn machines(&self) -> Result<Request, Refusal> {
        Ok(Request(self.0.machines()?))
    }

    /// The request that frees a seat.
    ///
    /// # Errors
    /// `NO_LICENSE` where no key is known, `NOT_FOUND` where the id is none.
    pub fn free(&self, machine: &str) -> Result<Request, Refusal> {
        Ok(Request(self.0.free(machine)?))
    }

    /// The request that gives this machine's seat back, or finds it first.
    ///
    /// # Errors
    /// `NO_LICENSE` where no key is known.
    pub fn deactivate(&self) -> Result<Request, Refusal> {
        Ok(Request(self.0.deactivate()?))
    }

    /// Whether the seat of this machine is known by its id.
    #[must_use]
    #[wasm_bindgen(js_name = knowsItsSeat)]
    pub fn knows_its_seat(&self) -> bool {
        self.0.knows_its_seat()
    }

    /// Forgets the license.
    pub fn forget(&mut self) {
        self.0.forget();
    }

    /// Takes a reply. The seats as JSON, where they were asked for.
    ///
    /// # Errors
    /// The code of what is wrong with the reply. What held before still holds.
    pub fn receive(
        &mut self,
        request: Request,
        status: u16,
        body: &[u8],
        retry_after: Option<u32>,
        now: f64,
    ) -> Result<Option<String>, Refusal> {
        let reply = Reply {
            status,
            body,
            retry_after: retry_after.map(u64::from),
        };
        Ok(match self.0.receive(request.0, reply, moment(now)?)? {
            Received::Machines(machines) => Some(json(&machines)),
            _ => None,
        })
    }

    /// Says that no reply came, and why; what is to be thrown.
    ///
    /// # Errors
    /// Always: `NETWORK`.
    pub fn failed(&mut self, request: Request, why: &str, now: f64) -> Result<(), Refusal> {
        Err(self.0.failed(request.0, why, moment(now)?).into())
    }

    /// A request to carry to the issuer by hand: with a key to activate, without one to
    /// renew.
    ///
    /// # Errors
    /// `LICENSE_KEY_MALFORMED` or `NO_LICENSE`.
    #[wasm_bindgen(js_name = offlineRequest)]
    pub fn offline_request(
        &mut self,
        key: Option<String>,
        random: &[u8],
    ) -> Result<String, Refusal> {
        let nonce = nonce(random)?;
        Ok(match key {
            Some(key) => self.0.offline_activation(&key, nonce)?,
            None => self.0.offline_renewal(nonce)?,
        })
    }

    /// Takes the response, or a license file.
    ///
    /// # Errors
    /// The code of what is wrong with it. What held before still holds.
    #[wasm_bindgen(js_name = offlineInstall)]
    pub fn offline_install(&mut self, text: &str, now: f64) -> Result<(), Refusal> {
        self.0.offline_install(text, moment(now)?)?;
        Ok(())
    }

    /// Forgets the license, and makes the receipt that frees its seat.
    ///
    /// # Errors
    /// `NO_LICENSE`.
    #[wasm_bindgen(js_name = offlineDeactivation)]
    pub fn offline_deactivation(&mut self, random: &[u8]) -> Result<String, Refusal> {
        Ok(self.0.offline_deactivation(nonce(random)?)?)
    }

    /// Whether there is anything to write down.
    #[must_use]
    #[wasm_bindgen(js_name = isUnsaved)]
    pub fn is_unsaved(&self) -> bool {
        self.0.is_unsaved()
    }

    /// Takes what is to be written down: the state and the witness, or nothing.
    pub fn unsaved(&mut self) -> Option<alloc::vec::Vec<String>> {
        let unsaved = self.0.unsaved()?;
        Some(alloc::vec![
            unsaved.state.to_string(),
            unsaved.witness.to_string(),
        ])
    }

    /// Says that it was written down.
    pub fn saved(&mut self) {
        self.0.saved();
    }

    /// Says that it could not be written down.
    #[wasm_bindgen(js_name = notSaved)]
    pub fn not_saved(&mut self) {
        self.0.not_saved();
    }

    /// What happened since this was last asked: [`paidup::Event`]s as JSON.
    pub fn events(&mut self) -> String {
        json(&self.0.events())
    }

    /// Since when the issuer could not be reached, if it cannot.
    #[must_use]
    #[wasm_bindgen(js_name = failingSince)]
    pub fn failing_since(&self) -> Option<f64> {
        self.0.failing_since().map(seconds)
    }
}

fn nonce(random: &[u8]) -> Result<Nonce, Refusal> {
    let bytes = random
        .try_into()
        .map_err(|_| Refusal::argument("a nonce is made of 16 random bytes"))?;
    Ok(Nonce::from_entropy(bytes))
}
