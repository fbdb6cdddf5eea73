//! Plays a scenario with the real issuer: as it was told, or with its deliveries in
//! disorder.

use super::expect;
use super::outcome::Played;
use super::scenario::Scenario;
use super::trouble::Trouble;
use super::words::summary;
use super::world::World;
use crate::sandbox::Failure;

/// How deliveries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// As the scenario tells it.
    AsTold,
    /// In an order that the seed picks, some twice, and some only by the sweep.
    Disorder(u64),
}

/// Simulates a scenario. As it is told, apps look at their tokens every day.
///
/// # Errors
/// What keeps it from being simulated.
pub async fn play(scenario: &Scenario, delivery: Delivery) -> Result<Played, Failure> {
    let trouble = match delivery {
        Delivery::AsTold => None,
        Delivery::Disorder(seed) => Some(Trouble::new(seed)),
    };
    let mut world = World::set(scenario, trouble).await?;
    for step in &scenario.story {
        world
            .take(step)
            .await
            .map_err(|error| format!("{}: {error}", summary(step)))?;
    }
    world.end().await?;
    let told = delivery == Delivery::AsTold;
    let played = world.played().await?;
    Ok(expect::judge(scenario, played, told))
}
