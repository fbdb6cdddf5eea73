//! Which purchases one license follows, one after another: the customer keeps one
//! key for one purchase history.
//!
//! A history holds everything that one buyer ever bought, under however many of the
//! billing system's customers. A purchase carries on the license of the same product
//! that ended last, if nothing has carried that one on yet. Never one that is still
//! alive, and never one that was lost in a dispute or barred by an administrator.

use std::collections::BTreeMap;

use crate::ledger::Ledger;
use crate::reduce::Case;
use crate::{
    Flag, History, Item, LicenseState, Mapping, Phase, Purchase, Reason, Resubscribe, Settings,
    Status,
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
}

/// What an administrator took away for good: by item, which license it was.
pub type Bars = BTreeMap<Item, String>;

impl History {
    /// Everything that was bought and is mapped to a policy, as lineages.
    #[must_use]
    pub fn lineages<'a>(
        &'a self,
        mapping: &'a Mapping,
        settings: &Settings,
        bars: &Bars,
    ) -> Vec<Lineage<'a>> {
        let ledger = Ledger::of(self);
        let mut lineages: Vec<Lineage<'a>> = Vec::new();
        for purchase in self.purchases() {
            let Some(terms) = mapping.terms(purchase.price, purchase.product) else {
                continue;
            };
            let case = Case {
                history: self,
                ledger: &ledger,
                terms,
                settings,
            };
            let state = case.decide(&purchase.item);
            let mut link = Link { purchase, state };
            let same = |it: &&mut Lineage<'_>| it.product == terms.product;
            let ended = lineages
                .iter_mut()
                .filter(same)
                .filter_map(|it| Some((it.over_for(&link, settings.resubscribe, bars)?, it)))
                .max_by_key(|(over_since, _)| *over_since);
            if let Some((_, lineage)) = ended {
                lineage.links.push(link);
                continue;
            }
            let mut earlier = lineages.iter().filter(|it| it.product == terms.product);
            if link.state.is_provisioned() && earlier.any(|it| it.barred(bars)) {
                link.state.flags.insert(Flag::EarlierPurchaseBarred);
            }
            lineages.push(Lineage {
                product: &terms.product,
                links: vec![link],
            });
        }
        lineages
    }
}

impl<'a> Lineage<'a> {
    /// The purchase that the license follows now.
    #[must_use]
    pub fn last(&self) -> Option<&Link<'a>> {
        self.links.last()
    }

    /// The items of the purchases.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.links.iter().map(|it| &it.purchase.item)
    }

    /// Since when it is over, if `next` may carry it on.
    fn over_for(
        &self,
        next: &Link<'_>,
        resubscribe: Resubscribe,
        bars: &Bars,
    ) -> Option<crate::Timestamp> {
        let last = self.last()?;
        let started_at = next.purchase.started_at?;
        let over_since = last.state.over_since.filter(|it| *it <= started_at)?;
        let provisioned = last.state.is_provisioned() && next.state.is_provisioned();
        let bar = bars.get(&last.purchase.item);
        let barred = bar.is_some() && bar != bars.get(&next.purchase.item);
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
            .any(|it| lost(it) || bars.contains_key(&it.purchase.item))
    }
}
