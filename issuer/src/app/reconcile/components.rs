//! Splits what Stripe listed into purchase histories.

use std::collections::{BTreeMap, HashMap};

use crate::store::facts::Sourced;

/// Groups facts that share an identifier, directly or through others; each group and the
/// facts in it keep the order in which they were listed. Each fact is moved once, however
/// the groups meet.
pub(super) fn components(learnt: Vec<Sourced>) -> Vec<Vec<Sourced>> {
    let mut sets = Sets::default();
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (fact, sourced) in learnt.iter().enumerate() {
        sets.add();
        for link in sourced.fact.object.links() {
            let owner = *owners.entry(link).or_insert(fact);
            sets.join(owner, fact);
        }
    }
    let mut groups: BTreeMap<usize, Vec<Sourced>> = BTreeMap::new();
    for (fact, sourced) in learnt.into_iter().enumerate() {
        groups.entry(sets.first(fact)).or_default().push(sourced);
    }
    groups.into_values().collect()
}

/// Disjoint sets of numbers. Each points to a smaller number of its set, and the smallest
/// to itself.
#[derive(Debug, Default)]
struct Sets(Vec<usize>);

impl Sets {
    fn add(&mut self) {
        self.0.push(self.0.len());
    }

    fn parent(&self, number: usize) -> usize {
        self.0.get(number).copied().unwrap_or(number)
    }

    /// The smallest number of the set. Halves the path to it on the way.
    fn first(&mut self, mut number: usize) -> usize {
        while self.parent(number) != number {
            let next = self.parent(self.parent(number));
            if let Some(parent) = self.0.get_mut(number) {
                *parent = next;
            }
            number = next;
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        if let Some(parent) = self.0.get_mut(one.max(other)) {
            *parent = one.min(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use paidup_lifecycle::{Fact, Object, Settlement, Timestamp};

    use super::*;

    fn settlement(invoice: usize, payment: usize) -> Sourced {
        let object = Object::Settlement(Settlement {
            invoice: format!("in_{invoice}"),
            payment: format!("pi_{payment}"),
        });
        Sourced::asked(Fact::fetched(Timestamp(1), 1, object))
    }

    fn invoices(learnt: Vec<Sourced>) -> Vec<Vec<String>> {
        let invoice = |sourced: &Sourced| match &sourced.fact.object {
            Object::Settlement(settlement) => settlement.invoice.clone(),
            other => format!("{other:?}"),
        };
        let groups = components(learnt).into_iter();
        let group = |group: Vec<Sourced>| group.iter().map(invoice).collect();
        groups.map(group).collect()
    }

    #[test]
    fn facts_meet_through_a_later_one() {
        let learnt = [(1, 1), (2, 2), (3, 3), (3, 1)];
        let learnt = learnt.map(|(invoice, payment)| settlement(invoice, payment));
        let expected = [vec!["in_1", "in_3", "in_3"], vec!["in_2"]];
        assert_eq!(invoices(learnt.into()), expected);
    }

    #[test]
    fn groups_that_meet_one_by_one_become_one() {
        // Each of the later facts joins two of the groups before.
        let apart = (0..100).rev().map(|n| settlement(n, n));
        let between = (0..99).rev().map(|n| settlement(n, n + 1));
        let groups = invoices(apart.chain(between).collect());
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [199]);
    }
}
