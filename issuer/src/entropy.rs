//! The one place where randomness is drawn, and what is made of it: identifiers.

use rand::rngs::SysRng;
use rand::{SeedableRng, TryRng};
use std::sync::{Arc, Mutex, PoisonError};

/// Draws random bytes.
#[derive(Clone)]
pub struct Entropy(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<rand::rngs::StdRng>>),
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoEntropy;

impl Entropy {
    /// The operating system's.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same bytes at every run, for tests. Never for keys that matter.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(
            rand::rngs::StdRng::seed_from_u64(seed),
        ))))
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// [`NoEntropy`] where the operating system refuses.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoEntropy> {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => SysRng.try_fill_bytes(&mut bytes).map_err(|_| NoEntropy)?,
            Source::Seeded(rng) => {
                let mut rng = rng.lock().unwrap_or_else(PoisonError::into_inner);
                rng.try_fill_bytes(&mut bytes).map_err(|_| NoEntropy)?;
            }
        }
        Ok(bytes)
    }

    /// An identifier such as `lic_01J…`: a ULID behind a prefix.
    ///
    /// # Errors
    /// [`NoEntropy`] where the operating system refuses.
    pub fn id(&self, prefix: &str, millis: i64) -> Result<String, NoEntropy> {
        let random = u128::from_be_bytes(self.bytes::<16>()?);
        let millis = u64::try_from(millis).unwrap_or_default();
        Ok(format!(
            "{prefix}_{}",
            ulid::Ulid::from_parts(millis, random)
        ))
    }
}
