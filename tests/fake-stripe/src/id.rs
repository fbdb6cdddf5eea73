//! Identifiers and secrets of Stripe's look: a prefix that names the kind and
//! random letters and digits. The same seed gives the same ones.

use rand::SeedableRng;
use rand::distr::{Alphanumeric, SampleString};
use rand::rngs::StdRng;

const ID_LENGTH: usize = 24;
const SESSION_LENGTH: usize = 58;
const SECRET_LENGTH: usize = 32;

pub(crate) struct Ids(StdRng);

impl Ids {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(seed.map_or_else(rand::make_rng, StdRng::seed_from_u64))
    }

    /// An id such as `sub_1QcV…`.
    pub(crate) fn next(&mut self, prefix: &str) -> String {
        self.draw(prefix, ID_LENGTH)
    }

    /// The id of a checkout session, which tells its mode.
    pub(crate) fn session(&mut self, livemode: bool) -> String {
        self.draw(
            if livemode { "cs_live_" } else { "cs_test_" },
            SESSION_LENGTH,
        )
    }

    /// A secret such as `whsec_…` or `sk_test_…`.
    pub(crate) fn secret(&mut self, prefix: &str) -> String {
        self.draw(prefix, SECRET_LENGTH)
    }

    fn draw(&mut self, prefix: &str, length: usize) -> String {
        let mut id = prefix.to_owned();
        Alphanumeric.append_string(&mut self.0, &mut id, length);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_ids_again() {
        let mut one = Ids::new(Some(7));
        let mut other = Ids::new(Some(7));
        let id = one.next("sub_");
        assert_eq!(id, other.next("sub_"));
        assert_ne!(id, one.next("sub_"));
        assert_eq!(id.len(), "sub_".len() + ID_LENGTH);
    }
}
