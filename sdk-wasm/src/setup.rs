//! What an app is built with, put together step by step.

use alloc::string::String;
use core::mem;

use paidup::{Device, MachineClass, PublicKey};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::Refusal;
use crate::moment::count;

/// What an app is built with: [`paidup::Setup`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Setup(pub(crate) paidup::Setup);

#[wasm_bindgen]
impl Setup {
    /// An app for one product of one issuer.
    #[must_use]
    #[wasm_bindgen(constructor)]
    pub fn new(issuer: &str, product: &str) -> Setup {
        Self(paidup::Setup::new(issuer, product))
    }

    /// Pins a root (base64url, 43 characters).
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where it is no key.
    pub fn root(&mut self, x: &str) -> Result<(), Refusal> {
        let root = PublicKey::from_base64url(x)?;
        self.change(|it| it.root(root));
        Ok(())
    }

    /// Pins a signing key (base64url, 43 characters).
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where it is no key.
    pub fn key(&mut self, x: &str) -> Result<(), Refusal> {
        let key = PublicKey::from_base64url(x)?;
        self.change(|it| it.key(key));
        Ok(())
    }

    /// The lowest version of a keyset that is taken.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where it is no whole number.
    #[wasm_bindgen(js_name = minVersion)]
    pub fn min_version(&mut self, version: f64) -> Result<(), Refusal> {
        let version = count(version)?;
        self.change(|it| it.min_version(version));
        Ok(())
    }

    /// Takes test licenses instead of real ones.
    #[wasm_bindgen(js_name = testMode)]
    pub fn test_mode(&mut self) {
        self.change(paidup::Setup::test_mode);
    }

    /// Which machine this is, how it is called, and of what kind it is.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where there is no such kind.
    pub fn device(
        &mut self,
        fingerprint: &str,
        name: Option<String>,
        platform: Option<String>,
        class: &str,
    ) -> Result<(), Refusal> {
        let class = class.parse::<MachineClass>();
        let class = class.map_err(|_| Refusal::argument("there is no such class of machine"))?;
        let mut device = Device::default();
        device.name = name;
        device.platform = platform;
        device.class = class;
        self.change(|it| it.fingerprint(fingerprint).device(device));
        Ok(())
    }

    /// The name under which the app keeps its memory.
    #[must_use]
    #[wasm_bindgen(js_name = storageName)]
    pub fn storage_name(&self) -> String {
        self.0.storage_name()
    }

    fn change(&mut self, change: impl FnOnce(paidup::Setup) -> paidup::Setup) {
        let before = mem::replace(&mut self.0, paidup::Setup::new("", ""));
        self.0 = change(before);
    }
}
