//! One set of rules for a keyset, whether it is written or read.

use alloc::vec::Vec;

use super::Keyset;
use crate::ClaimsError;
use crate::claims::rules::{all_differ, integer, text, time};

const MAX_KEYS: usize = 16;
const MAX_REVOKED: usize = 64;
const MAX_PRODUCTS: usize = 16;

impl Keyset {
    pub(super) fn check(&self) -> Result<(), ClaimsError> {
        const PRODUCT: &str = "must have 1 to 128 bytes and no control characters";

        text(
            "iss",
            &self.iss,
            512,
            "must have 1 to 512 bytes and no control characters",
        )?;
        integer("version", self.version)?;
        time("iat", self.iat)?;
        time("exp", self.exp)?;
        if self.iat > self.exp {
            return Err(ClaimsError::new("iat", "must not be after exp"));
        }
        at_most("keys", self.keys.len(), MAX_KEYS, "must be at most 16")?;
        at_most(
            "revoked",
            self.revoked.len(),
            MAX_REVOKED,
            "must be at most 64",
        )?;
        at_most(
            "sunset",
            self.sunset.len(),
            MAX_PRODUCTS,
            "must be at most 16",
        )?;
        let names: Vec<_> = self.keys.iter().map(|it| it.key.key_id()).collect();
        if !all_differ(&names) {
            return Err(ClaimsError::new("keys", "must each be listed once"));
        }
        for key in &self.keys {
            time("nbf", key.not_before)?;
            time("exp", key.not_after)?;
            if key.not_before > key.not_after {
                return Err(ClaimsError::new("nbf", "must not be after exp"));
            }
            text("role", key.role.as_str(), 64, "must have 1 to 64 bytes")?;
            at_most(
                "aud",
                key.products.len(),
                MAX_PRODUCTS,
                "must be an array of 1 to 16 product codes",
            )?;
            for product in &key.products {
                text("aud", product, 128, PRODUCT)?;
            }
        }
        for revocation in &self.revoked {
            time("at", revocation.at)?;
            text(
                "reason",
                &revocation.reason,
                256,
                "must have 1 to 256 bytes and no control characters",
            )?;
        }
        for sunset in &self.sunset {
            text("aud", &sunset.aud, 128, PRODUCT)?;
            time("issuedBefore", sunset.issued_before)?;
        }
        Ok(())
    }
}

fn at_most(
    claim: &'static str,
    count: usize,
    max: usize,
    rule: &'static str,
) -> Result<(), ClaimsError> {
    if count <= max {
        Ok(())
    } else {
        Err(ClaimsError::new(claim, rule))
    }
}
