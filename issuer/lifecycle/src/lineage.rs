//! Which purchases one license follows, one after another: the customer keeps one
//! key for one purchase history.
//!
//! A history holds everything that one buyer ever bought, under however many of the
//! billing system's customers. A purchase carries on the license of the same product
//! that ended last, if nothing has carried that one on yet. Never one that is still
//! alive, and never one that was lost in a dispute or barred by an administrator.

use std::collections::BTreeMap;
use std::mem::discriminant;

use crate::ledger::Ledger;
use crate::reduce::Case;
use crate::{
    Bought, Extending, Flag, History, LicenseState, Phase, Purchase, PurchaseKey, Reason,
    Resubscribe, Settings, Status, Timestamp, Unmapped,
};

/// The purchases of one product that one license follows, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage<'a> {
    /// The vendor's product.
    pub product: &'a str,
    /// The purchases; never none.
    pub links: Vec<Link<'a>>,
}

/// A purchase in a lineage, and where it stands by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a> {
    /// The purchase.
    pub purchase: Purchase<'a>,
    /// Where it stands.
    pub state: LicenseState,
    /// When it ended, and when its money was disputed after that.
    disputed: Option<(Timestamp, Timestamp)>,
}

/// What an administrator took away for good: by purchase, which license it was.
pub type Bars = BTreeMap<PurchaseKey, String>;

impl<'a> Bought<'a> {
    /// The purchases, as lineages. What adds to a license that there is not becomes part
    /// of what is unmapped.
    #[must_use]
    pub fn lineages(
        &mut self,
        history: &History,
        settings: &Settings,
        bars: &Bars,
    ) -> Vec<Lineage<'a>> {
        let ledger = Ledger::of(history);
        let case = Case {
            history,
            ledger: &ledger,
            settings,
        };
        let purchases = std::mem::take(&mut self.purchases);
        let mut links: Vec<Link<'a>> = purchases
            .into_iter()
            .map(|purchase| Link {
                state: case.decide(&purchase),
                disputed: case.end_before_dispute(&purchase),
                purchase,
            })
            .collect();
        let extended = extend(&mut links, &self.extending, case);
        self.unmapped.extend(extended);
        let mut lineages: Vec<Lineage<'a>> = Vec::new();
        for mut link in links {
            let product = link.purchase.terms.product.as_str();
            let same = |lineage: &&mut Lineage<'_>| lineage.product == product;
            let ended = lineages
                .iter_mut()
                .filter(same)
                .filter_map(|lineage| {
                    let since = lineage.over_for(&link, settings.resubscribe, bars)?;
                    Some((since, lineage))
                })
                .max_by_key(|(over_since, _)| *over_since);
            if let Some((_, lineage)) = ended {
                lineage.links.push(link);
                continue;
            }
            let mut earlier = lineages.iter().filter(|it| it.product == product);
            if link.state.is_provisioned() && earlier.any(|it| it.barred(bars)) {
                link.state.flags.insert(Flag::EarlierPurchaseBarred);
            }
            lineages.push(Lineage {
                product,
                links: vec![link],
            });
        }
        lineages
    }
}

/// Adds what extensions sell to the licenses that they extend; returns those that find
/// none.
fn extend(links: &mut [Link<'_>], extending: &[Extending<'_>], case: Case<'_>) -> Vec<Unmapped> {
    let mut homeless = Vec::new();
    for Extending {
        extension,
        purchase,
    } in extending
    {
        // What was removed takes back its own, and does not return with the license's end.
        if purchase.ended.is_some() {
            continue;
        }
        let subscription = purchase.key.item.subscription();
        let mut fitting: Vec<&mut Link<'_>> = links
            .iter_mut()
            .filter(|link| {
                link.purchase.key.item.subscription() == subscription
                    && link.purchase.terms.policy == extension.policy
                    && link.purchase.ended.is_none()
            })
            .collect();
        fitting.sort_by(|a, b| a.purchase.key.cmp(&b.purchase.key));
        let several = fitting.len() > 1;
        let Some(link) = fitting.into_iter().next() else {
            homeless.push(Unmapped {
                item: purchase.key.item.clone(),
                price: purchase.price.to_owned(),
                extends: Some(extension.policy.clone()),
                archived: None,
            });
            continue;
        };
        // Under the license's own terms. What is billed later shares the license's end.
        let state = case.decide(&Purchase {
            terms: link.purchase.terms,
            joined: false,
            ..purchase.clone()
        });
        // It shares what becomes of the whole subscription, and loses only its own.
        let shared = match (&state.phase, &link.state.phase) {
            // One that was never paid has no part in the payment grace.
            (
                Phase::Unpaid { grace_ends_at, .. },
                Phase::Unpaid {
                    grace_ends_at: other,
                    ..
                },
            )
            | (
                Phase::EndedUnpaid {
                    payment_grace_ends_at: grace_ends_at,
                    ..
                },
                Phase::EndedUnpaid {
                    payment_grace_ends_at: other,
                    ..
                },
            ) => grace_ends_at.is_some() == other.is_some(),
            (phase, other) => discriminant(phase) == discriminant(other),
        };
        if !(shared || matches!(state.phase, Phase::Active { .. })) {
            continue;
        }
        if extension.seats {
            link.state.seats = link.state.seats.saturating_add(state.seats);
        }
        let entitlements = extension.entitlements.iter().cloned();
        link.state.entitlements.extend(entitlements);
        if several {
            link.state.flags.insert(Flag::ExtensionAmbiguous);
        }
    }
    homeless
}

impl<'a> Lineage<'a> {
    /// The purchase that the license follows now.
    #[must_use]
    pub fn last(&self) -> Option<&Link<'a>> {
        self.links.last()
    }

    /// What the purchases are.
    pub fn keys(&self) -> impl Iterator<Item = &PurchaseKey> {
        self.links.iter().map(|link| &link.purchase.key)
    }

    /// Since when it is over, if `next` may carry it on.
    fn over_for(
        &self,
        next: &Link<'_>,
        resubscribe: Resubscribe,
        bars: &Bars,
    ) -> Option<Timestamp> {
        let last = self.last()?;
        let started_at = next.purchase.started_at?;
        // A dispute that came after it was carried on undoes nothing.
        let disputed = last
            .disputed
            .filter(|(_, disputed_at)| *disputed_at > started_at);
        let over_since = last
            .state
            .over_since
            .or(disputed.map(|(over_since, _)| over_since));
        let over_since = over_since.filter(|over_since| *over_since <= started_at)?;
        let provisioned = last.state.is_provisioned() && next.state.is_provisioned();
        let bar = bars.get(&last.purchase.key);
        let barred = bar.is_some() && bar != bars.get(&next.purchase.key);
        let wanted = match resubscribe {
            Resubscribe::SameKey => true,
            Resubscribe::NewKey => !matches!(
                last.state.at(started_at).status,
                Status::Revoked | Status::Expired
            ),
        };
        (provisioned && !barred && wanted).then_some(over_since)
    }

    fn barred(&self, bars: &Bars) -> bool {
        let lost = |it: &Link<'_>| {
            matches!(
                it.state.phase,
                Phase::Revoked {
                    reason: Reason::Disputed
                } | Phase::EndedUnpaid {
                    reason: Reason::Disputed,
                    ..
                }
            )
        };
        self.links
            .iter()
            .any(|it| lost(it) || bars.contains_key(&it.purchase.key))
    }
}
