//! A verified license.

use alloc::string::String;

use paidup::UnixTime;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::Refusal;
use crate::moment::moment;
use crate::refusal::json;

/// A verified license: [`paidup::License`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct License(pub(crate) paidup::License);

#[wasm_bindgen]
impl License {
    /// The word for where it stands at `now`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where `now` is no time.
    pub fn standing(&self, now: f64) -> Result<String, Refusal> {
        Ok(self.0.standing(moment(now)?).code().as_str().into())
    }

    /// Whether it is usable at `now`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where `now` is no time.
    pub fn usable(&self, now: f64) -> Result<bool, Refusal> {
        Ok(self.0.standing(moment(now)?).usable())
    }

    /// Whether it is usable at `now` and has this entitlement.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where `now` is no time.
    pub fn allows(&self, entitlement: &str, now: f64) -> Result<bool, Refusal> {
        let now: UnixTime = moment(now)?;
        Ok(self.0.allows(entitlement, now))
    }

    /// [`paidup::LicenseSummary`] as JSON.
    #[must_use]
    pub fn summary(&self) -> String {
        json(&self.0.summary())
    }
}
