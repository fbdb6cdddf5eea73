//! How often something goes wrong that a test wants to go wrong.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How often something happens.
///
/// ```
/// use fake_stripe::Odds;
///
/// let now_and_then: Odds = 0.2.into();
/// let third_time = Odds::Every(3);
/// let first_only = Odds::Turns(vec![true]);
/// # let _ = (now_and_then, third_time, first_only);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Odds {
    /// Not at all.
    #[default]
    Never,
    /// Each time with this probability, from 0 to 1.
    Probability(f64),
    /// Every such time: 1 is always, 2 the second, fourth, sixth time.
    Every(u32),
    /// These times and not those, in their order, and then no more.
    Turns(Vec<bool>),
}

impl From<f64> for Odds {
    fn from(probability: f64) -> Self {
        Self::Probability(probability)
    }
}

/// Odds and how often they were asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Coin {
    odds: Odds,
    tossed: u32,
}

impl Coin {
    pub(crate) fn new(odds: Odds) -> Self {
        Self { odds, tossed: 0 }
    }

    pub(crate) fn toss(&mut self, chance: &mut Chance) -> bool {
        let turn = self.tossed;
        self.tossed = self.tossed.saturating_add(1);
        match &self.odds {
            Odds::Never => false,
            Odds::Probability(probability) => chance.happens(*probability),
            Odds::Every(n) => (turn + 1).is_multiple_of((*n).max(1)),
            Odds::Turns(turns) => usize::try_from(turn)
                .ok()
                .and_then(|turn| turns.get(turn).copied())
                .unwrap_or(false),
        }
    }
}

/// Randomness of its own, so that it leaves the ids of a seed as they are.
pub(crate) struct Chance(StdRng);

impl Chance {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(seed.map_or_else(rand::make_rng, StdRng::seed_from_u64))
    }

    fn happens(&mut self, probability: f64) -> bool {
        let probability = probability.clamp(0.0, 1.0);
        // NaN is no probability at all.
        !probability.is_nan() && self.0.random_bool(probability)
    }

    /// A number up to, and including, `most`.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.0.random_range(0..=most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tosses(odds: Odds) -> Vec<bool> {
        let mut chance = Chance::new(Some(1));
        let mut coin = Coin::new(odds);
        (0..6).map(|_| coin.toss(&mut chance)).collect()
    }

    #[test]
    fn odds_are_kept() {
        assert_eq!(tosses(Odds::Never), [false; 6]);
        assert_eq!(tosses(1.0.into()), [true; 6]);
        assert_eq!(tosses(f64::NAN.into()), [false; 6]);
        let third = [false, false, true, false, false, true];
        assert_eq!(tosses(Odds::Every(3)), third);
        let turns = Odds::Turns(vec![false, true]);
        assert_eq!(tosses(turns), [false, true, false, false, false, false]);
        assert_eq!(tosses(0.5.into()), tosses(0.5.into()));
    }
}
