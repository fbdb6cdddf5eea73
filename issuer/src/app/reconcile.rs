//! Compares all of Stripe's objects with the licenses, and cures what differs: what
//! no event told, and what a vendor sold before connecting.

mod components;

use std::collections::BTreeSet;

use paidup_lifecycle::{Lack, Object, Status};
use paidup_stripe::{Api, Kind};

use self::components::components;
use super::App;
use super::announce::Change;
use super::apply::forget;
use super::provision::Followed;
use super::retry::again;
use super::sweep::LookError;
use crate::store::facts::{self, Sourced};
use crate::store::{StoreError, instance, licenses};

/// When everything was last compared.
pub(super) const COMPARED: &str = "compared_at";

/// How far a comparison has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// So many objects of a kind were listed.
    Listed(&'static str, usize),
    /// So many of so many purchase histories were compared.
    Compared(usize, usize),
}

/// What a comparison found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Finding {
    /// A license is missing, or is not what Stripe's objects amount to.
    License(Box<Change>),
    /// Something was bought at a price that no policy is mapped to.
    Unmapped {
        /// The price.
        price: String,
        /// The subscription, checkout or invoice.
        origin: String,
        /// The policy that the price extends, where the subscription has no license of it.
        extends: Option<String>,
        /// The policy that the price sold until it was archived.
        archived: Option<String>,
        /// The license that keeps its last terms; absent if there is no license.
        license: Option<String>,
    },
    /// A license follows a purchase that Stripe does not know.
    UnknownAtStripe {
        /// The license.
        license: String,
        /// The subscription, checkout or invoice.
        origin: String,
    },
    /// It cannot be decided yet.
    Undecided {
        /// An object of the purchase history.
        object: String,
        /// Why not.
        reason: String,
    },
}

impl App {
    /// Lists everything that Stripe has, and lets the licenses follow. Returns what
    /// differed; with `dry_run` it stays as it is.
    ///
    /// # Errors
    /// [`LookError`]; what was cured before stays cured.
    pub async fn reconcile(
        &self,
        dry_run: bool,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Vec<Finding>, LookError> {
        let began = self.0.clock.now();
        let stripe = self.api().ok_or(LookError::NoKey)?;
        let learnt = self.everything(&stripe, progress).await?;
        let listed = origins(&learnt);
        let histories = components(learnt);
        let total = histories.len();
        let mut findings = Vec::new();
        for (done, mut learnt) in histories.into_iter().enumerate() {
            progress(Progress::Compared(done, total));
            findings.extend(self.compare(&mut learnt, dry_run).await?);
        }
        progress(Progress::Compared(total, total));
        findings.extend(self.unknown_at(&stripe, &listed).await?);
        if !dry_run {
            let mut tx = self.0.store.write().await?;
            instance::set(&mut tx, COMPARED, &began.0.to_string()).await?;
            tx.commit().await?;
            self.0.bell.deliveries.notify_one();
        }
        Ok(findings)
    }

    async fn everything(
        &self,
        stripe: &Api,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Vec<Sourced>, LookError> {
        let mut learnt = Vec::new();
        for kind in Kind::ALL {
            let (mut after, mut listed) = (None, 0);
            loop {
                let asked = self.next_question();
                let page = match stripe.list(kind, after.as_deref(), asked).await {
                    Ok(page) => page,
                    Err(error) => return Err(LookError::of(stripe, error).await),
                };
                listed += page.objects;
                progress(Progress::Listed(kind.as_str(), listed));
                learnt.extend(page.rows.into_iter().map(Sourced::asked));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(learnt)
    }

    /// The licenses in use whose purchase Stripe did not list, and does not know when it
    /// is asked for it by name.
    async fn unknown_at(
        &self,
        stripe: &Api,
        listed: &BTreeSet<String>,
    ) -> Result<Vec<Finding>, LookError> {
        let now = self.0.clock.now();
        let licenses = licenses::list(&mut *self.0.store.read().await?).await?;
        let mut unknown = Vec::new();
        for license in licenses {
            let over = [Status::Expired, Status::Revoked, Status::Banned];
            let (origin, _) = license.item.split_once('/').unwrap_or((&license.item, ""));
            if over.contains(&license.condition(now).status) || listed.contains(origin) {
                continue;
            }
            let lack = match license.subscription {
                Some(_) => Lack::Subscription(origin.to_owned()),
                None if origin.starts_with("in_") => Lack::Invoice(origin.to_owned()),
                None => Lack::CheckoutLines(origin.to_owned()),
            };
            match stripe.supply(&lack, self.next_question()).await {
                Ok(_) => {}
                Err(error) if error.is_missing() => unknown.push(Finding::UnknownAtStripe {
                    origin: origin.to_owned(),
                    license: license.id,
                }),
                Err(error) => return Err(LookError::of(stripe, error).await),
            }
        }
        Ok(unknown)
    }

    async fn compare(
        &self,
        learnt: &mut Vec<Sourced>,
        dry_run: bool,
    ) -> Result<Vec<Finding>, LookError> {
        let links = learnt.iter().flat_map(|it| it.fact.object.links());
        let touched: BTreeSet<String> = links.collect();
        let fresh = learnt.len();
        if let Err(parked) = self.ask(learnt, &touched, &BTreeSet::new(), fresh).await? {
            let object = learnt.first().map(|it| it.fact.key());
            return Ok(vec![Finding::Undecided {
                object: object.map_or_else(String::new, |it| it.as_str().to_owned()),
                reason: parked.reason,
            }]);
        }
        let learnt: &[Sourced] = learnt;
        let try_it = || async {
            let mut tx = self.0.store.decide().await?;
            let followed = self.absorb(&mut tx, learnt, &touched).await?;
            forget(&mut tx, &followed.deleted).await?;
            // What is not committed was only tried.
            if !dry_run {
                tx.commit().await?;
            }
            Ok::<_, StoreError>(followed)
        };
        let followed = again(try_it).await?;
        Ok(found(followed))
    }

    /// Decides every license anew from what is known, under the catalog as it now is.
    pub(super) async fn decide_again(&self) -> Result<usize, StoreError> {
        let origins = facts::origins(&mut *self.0.store.read().await?).await?;
        let mut seen = BTreeSet::new();
        let mut changed = 0;
        for origin in origins {
            if seen.contains(&origin) {
                continue;
            }
            let try_it = || async {
                let mut tx = self.0.store.decide().await?;
                let history = facts::linked(&mut tx, [origin.clone()]).await?;
                let followed = self.provision(&mut tx, &history, &BTreeSet::new()).await?;
                tx.commit().await?;
                Ok::<_, StoreError>((history, followed))
            };
            let (history, followed) = again(try_it).await?;
            changed += followed.changes.len();
            seen.extend(history.facts().flat_map(|it| it.object.links()));
        }
        self.0.bell.deliveries.notify_one();
        Ok(changed)
    }
}

/// The subscriptions, checkouts and invoices among what was listed.
fn origins(learnt: &[Sourced]) -> BTreeSet<String> {
    let origin = |sourced: &Sourced| match &sourced.fact.object {
        Object::Subscription(subscription) => Some(subscription.id.clone()),
        Object::Checkout(checkout) => Some(checkout.id.clone()),
        Object::Invoice(invoice) => Some(invoice.id.clone()),
        _ => None,
    };
    learnt.iter().filter_map(origin).collect()
}

fn found(followed: Followed) -> Vec<Finding> {
    // A license that only learnt a new date differs in nothing that anybody sees.
    let differs = |it: &Change| it.before.as_ref() != Some(&it.after);
    let changes = followed.changes.into_iter().filter(differs);
    let changes = changes.map(|it| Finding::License(Box::new(it)));
    let unmapped = followed.at_unmapped_prices.into_iter();
    let unmapped = unmapped.map(|item| Finding::Unmapped {
        price: item.price,
        origin: item.origin,
        extends: item.extends,
        archived: item.archived,
        license: item.license_id,
    });
    changes.chain(unmapped).collect()
}
