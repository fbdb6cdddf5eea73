//! What happens in the year: at Stripe, at the issuer, and on the way between.

use std::fmt;

use paidup::PublicKey;
use paidup_issuer::app::KeyChange;
use paidup_tests::{DAY, Failure, START};
use rand::RngExt as _;
use rand::rngs::StdRng;

use super::YEAR;
use super::issuer::{Issuer, Truth};

const GRACE: i64 = 7 * DAY;

/// Everything, in the order in which it happens.
pub(crate) struct Plan {
    events: Vec<(i64, Event)>,
    next: usize,
    outages: Vec<(i64, i64)>,
    canceled: usize,
    unpaid: usize,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Cancel(usize),
    PaymentFails(usize),
    Paid(usize),
    Rotate,
    KeyStolen,
}

impl Plan {
    pub(crate) fn draw(random: &mut StdRng, licenses: usize) -> Self {
        let mut events = Vec::new();
        let (mut canceled, mut unpaid) = (0, 0);
        for license in 0..licenses {
            // One in eight cancels, another one in eight fails to pay for a while.
            let at = START + random.random_range(20 * DAY..YEAR - 30 * DAY);
            match random.random_range(0..8) {
                0 => {
                    canceled += 1;
                    events.push((at, Event::Cancel(license)));
                }
                1 => {
                    unpaid += 1;
                    let paid = at + random.random_range(DAY..20 * DAY);
                    events.push((at, Event::PaymentFails(license)));
                    events.push((paid, Event::Paid(license)));
                }
                _ => {}
            }
        }
        for quarter in [60, 150, 300] {
            events.push((START + quarter * DAY, Event::Rotate));
        }
        events.push((START + 220 * DAY, Event::KeyStolen));
        events.sort_by_key(|(at, _)| *at);
        let outages = (0..10)
            .map(|_| {
                let from = START + random.random_range(5 * DAY..YEAR);
                (from, from + random.random_range(DAY / 4..5 * DAY))
            })
            .collect();
        Self {
            events,
            next: 0,
            outages,
            canceled,
            unpaid,
        }
    }

    pub(crate) fn is_outage(&self, at: i64) -> bool {
        self.outages
            .iter()
            .any(|(from, to)| (*from..*to).contains(&at))
    }

    /// Lets everything happen that is due.
    pub(crate) async fn happen_until(
        &mut self,
        at: i64,
        issuer: &mut Issuer,
    ) -> Result<(), Failure> {
        while let Some((when, event)) = self.events.get(self.next).copied() {
            if when > at {
                return Ok(());
            }
            self.next += 1;
            issuer.advance_to(when);
            happen(event, issuer).await?;
        }
        Ok(())
    }
}

async fn happen(event: Event, issuer: &mut Issuer) -> Result<(), Failure> {
    let now = issuer.now();
    let (license, truth) = match event {
        Event::Rotate => return issuer.change_keys(&KeyChange::Rotate).await,
        Event::KeyStolen => {
            let stolen = issuer.stage.issuer()?.app.signing_key();
            let key = stolen.as_ref().map(PublicKey::key_id).unwrap();
            let reason = "compromised".to_owned();
            return issuer.change_keys(&KeyChange::Revoke { key, reason }).await;
        }
        Event::Cancel(license) => (license, Truth::GraceUntil(now + GRACE)),
        Event::PaymentFails(license) => (license, Truth::Suspended),
        Event::Paid(license) => (license, Truth::Paid),
    };
    let subscription = issuer.licenses.get(license).unwrap().subscription.clone();
    let stripe = &issuer.stage.stripe;
    match event {
        Event::Cancel(_) => drop(stripe.cancel(&subscription).await?),
        Event::PaymentFails(_) => drop(stripe.fail_renewal(&subscription).await?),
        _ => drop(stripe.pay_latest_invoice(&subscription).await?),
    }
    issuer.settle().await?;
    issuer
        .licenses
        .get_mut(license)
        .unwrap()
        .history
        .push((now, truth));
    Ok(())
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "canceled {}, unpaid for a while {}, rotations 3, stolen keys 1, outages {} ({} days)",
            self.canceled,
            self.unpaid,
            self.outages.len(),
            self.outages.iter().map(|(from, to)| to - from).sum::<i64>() / DAY,
        )
    }
}
