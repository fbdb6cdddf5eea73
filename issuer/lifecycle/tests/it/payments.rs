//! An invoice that several payments have paid, and what goes back of each: refunds, refunds
//! that failed, and disputes.

use paidup_lifecycle::{
    Charge, Dispute, DisputeStatus, InvoiceStatus, Lack, Object, Reason, Refund, Settings,
    Settlement, Status, SubscriptionStatus,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::laws::{cases, retold};
use crate::rules::state_under;
use crate::story::{Story, terms};

/// One of the payments of an invoice.
#[derive(Debug, Clone)]
struct Payment {
    amount: u64,
    /// How much went back each time, and whether that failed later.
    refunds: Vec<(u64, bool)>,
    /// The charge is told once more after a refund has failed.
    corrected: bool,
    dispute: Option<(DisputeStatus, Option<u64>)>,
    named: Named,
}

/// How its charge is known to belong to the invoice.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Named {
    Payment,
    Charge,
    Invoice,
}

fn payment() -> impl Strategy<Value = Payment> {
    let part = || prop_oneof![Just(300_u64), Just(900), Just(2000)];
    let status = prop_oneof![
        Just(DisputeStatus::Inquiry),
        Just(DisputeStatus::Open),
        Just(DisputeStatus::Dropped),
        Just(DisputeStatus::Won),
        Just(DisputeStatus::Lost),
    ];
    let named = prop_oneof![
        2 => Just(Named::Payment),
        1 => Just(Named::Charge),
        1 => Just(Named::Invoice),
    ];
    let refund = (part(), prop::bool::weighted(0.2));
    let dispute = (status, prop::option::of(part()));
    (
        part(),
        prop::collection::vec(refund, 0..3),
        any::<bool>(),
        prop::option::weighted(0.3, dispute),
        named,
    )
        .prop_map(|(amount, refunds, corrected, dispute, named)| Payment {
            amount,
            refunds: within(amount, &refunds),
            corrected,
            dispute,
            named,
        })
}

/// Stripe gives back no more than was paid.
fn within(amount: u64, refunds: &[(u64, bool)]) -> Vec<(u64, bool)> {
    let mut left = amount;
    let mut kept = Vec::new();
    for (sum, failed) in refunds {
        let sum = (*sum).min(left);
        if sum > 0 {
            kept.push((sum, *failed));
        }
        if !failed {
            left -= sum;
        }
    }
    kept
}

/// A subscription whose first invoice was paid by all of these.
fn story(payments: &[Payment], paid_is_known: bool) -> Story {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    let total: u64 = payments.iter().map(|payment| payment.amount).sum();
    story.bill(
        InvoiceStatus::Paid,
        i64::try_from(total).unwrap_or_default(),
    );
    // The one payment of the whole sum is told of in parts instead.
    story
        .facts
        .retain(|fact| matches!(fact.object, Object::Invoice(_)));
    for fact in &mut story.facts {
        if let Object::Invoice(invoice) = &mut fact.object {
            invoice.amount_paid = Some(total).filter(|_| paid_is_known);
        }
    }
    story.tell_subscription();
    for (n, payment) in (1..).zip(payments) {
        pay(&mut story, n, payment);
    }
    story
}

fn pay(story: &mut Story, n: usize, payment: &Payment) {
    let (charge_id, payment_id) = (format!("ch_{n}"), format!("pi_{n}"));
    let within_payment = payment.named == Named::Payment;
    if payment.named != Named::Invoice {
        story.tell(Object::Settlement(Settlement {
            invoice: "in_1".to_owned(),
            payment: match within_payment {
                true => payment_id.clone(),
                false => charge_id.clone(),
            },
        }));
    }
    let mut charge = Charge {
        id: charge_id.clone(),
        customer: Some("cus_1".to_owned()),
        payment: within_payment.then(|| payment_id.clone()),
        invoice: (payment.named == Named::Invoice).then(|| "in_1".to_owned()),
        amount: payment.amount,
        amount_refunded: 0,
    };
    story.tell(Object::Charge(charge.clone()));
    for (m, (amount, failed)) in (1..).zip(&payment.refunds) {
        story.now = story.now.plus(60);
        let mut refund = Refund {
            id: format!("re_{n}_{m}"),
            charge: Some(charge_id.clone()),
            payment: charge.payment.clone(),
            amount: *amount,
            failed: false,
            created: Some(story.now),
        };
        story.tell(Object::Refund(refund.clone()));
        charge.amount_refunded = charge.amount.min(charge.amount_refunded + amount);
        story.tell(Object::Charge(charge.clone()));
        if *failed {
            story.now = story.now.plus(60);
            refund.failed = true;
            story.tell(Object::Refund(refund));
            if payment.corrected {
                charge.amount_refunded -= amount;
                story.tell(Object::Charge(charge.clone()));
            }
        }
    }
    if let Some((status, amount)) = payment.dispute {
        story.now = story.now.plus(60);
        story.tell(Object::Dispute(Dispute {
            id: format!("dp_{n}"),
            charge: Some(charge_id),
            payment: charge.payment,
            status,
            amount,
            created: None,
        }));
    }
}

/// Rule 16: how the license stands by the sums.
fn expected(payments: &[Payment], threshold: u32) -> (Status, Option<Reason>) {
    let (mut paid, mut refunded, mut lost, mut open) = (0, 0, 0, 0);
    for payment in payments {
        let kept_back = payment.refunds.iter().filter(|(_, failed)| !failed);
        let back: u64 = kept_back.map(|(sum, _)| sum).sum();
        let disputed = |wanted: DisputeStatus| match payment.dispute {
            Some((status, sum)) if status == wanted => {
                sum.unwrap_or(payment.amount).min(payment.amount)
            }
            _ => 0,
        };
        let lost_here = disputed(DisputeStatus::Lost);
        let back = back.min(payment.amount - lost_here);
        paid += payment.amount;
        lost += lost_here;
        refunded += back;
        open += disputed(DisputeStatus::Open).min(payment.amount - back);
    }
    let counts = |sum: u64| sum > 0 && sum * 1_000_000 >= paid * u64::from(threshold);
    match (lost > 0, open > 0) {
        (true, _) if counts(refunded + lost) => (Status::Revoked, Some(Reason::Disputed)),
        _ if counts(refunded) => (Status::Revoked, Some(Reason::Refunded)),
        (_, true) if counts(refunded + lost + open) => (Status::Suspended, Some(Reason::Disputed)),
        _ => (Status::Active, None),
    }
}

#[test]
fn one_of_two_payments_that_goes_back_changes_nothing() {
    let payment = |amount, back: &[(u64, bool)]| Payment {
        amount,
        refunds: back.to_vec(),
        corrected: false,
        dispute: None,
        named: Named::Payment,
    };
    let status = |payments: &[Payment]| {
        let story = story(payments, true);
        state_under(&story, &terms(), &Settings::default())
            .at(story.now)
            .status
    };
    let back = payment(2000, &[(2000, false)]);
    assert_eq!(status(&[back.clone(), payment(900, &[])]), Status::Active);
    let rest = payment(900, &[(300, false), (600, false)]);
    assert_eq!(status(&[back.clone(), rest]), Status::Revoked);
    let failed = payment(900, &[(900, true)]);
    assert_eq!(status(&[back, failed]), Status::Active);
}

#[test]
fn a_bill_that_knows_of_no_payment_is_as_large_as_its_charges() {
    let status = |back| {
        let payment = Payment {
            amount: 2000,
            refunds: vec![(back, false)],
            corrected: false,
            dispute: None,
            named: Named::Payment,
        };
        let mut story = story(&[payment], true);
        for fact in &mut story.facts {
            if let Object::Invoice(invoice) = &mut fact.object {
                invoice.amount_paid = Some(0);
            }
        }
        state_under(&story, &terms(), &Settings::default())
            .at(story.now)
            .status
    };
    assert_eq!(status(1999), Status::Active);
    assert_eq!(status(2000), Status::Revoked);
}

#[test]
fn no_more_can_be_gone_of_a_payment_than_was_paid_by_it() {
    let payment = |amount, refunds: &[(u64, bool)], dispute| Payment {
        amount,
        refunds: refunds.to_vec(),
        corrected: false,
        dispute,
        named: Named::Payment,
    };
    let status = |story: &Story| {
        state_under(story, &terms(), &Settings::default())
            .at(story.now)
            .status
    };
    let open = Some((DisputeStatus::Open, None));
    let rest = payment(900, &[], None);
    let refunded = payment(2000, &[(2000, false)], open);
    let story_of = |first: Payment| story(&[first, rest.clone()], true);
    assert_eq!(status(&story_of(refunded)), Status::Active);
    // The rest of what was lost in part is disputed once more.
    let lost = payment(2000, &[], Some((DisputeStatus::Lost, Some(1500))));
    let mut again = story_of(lost);
    again.tell(Object::Dispute(Dispute {
        id: "dp_9".to_owned(),
        charge: Some("ch_1".to_owned()),
        payment: None,
        status: DisputeStatus::Open,
        amount: None,
        created: None,
    }));
    assert_eq!(status(&again), Status::Active);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    /// Whatever arrives first, the sums decide.
    #[test]
    fn the_sums_of_all_payments_decide_in_any_order(
        payments in prop::collection::vec(payment(), 1..4),
        paid_is_known in any::<bool>(),
        threshold in prop_oneof![Just(1_000_000_u32), Just(500_000)],
        order in prop::collection::vec(any::<Index>(), 0..64),
        again in prop::collection::vec(any::<Index>(), 0..16),
    ) {
        let mut story = story(&payments, paid_is_known);
        let settings = Settings { refund_threshold: threshold, ..Settings::default() };
        let told = state_under(&story, &terms(), &settings);
        let condition = told.at(story.now);
        prop_assert_eq!(
            (condition.status, condition.reason),
            expected(&payments, threshold)
        );
        let history: paidup_lifecycle::History = story.facts.iter().cloned().collect();
        let asks_for_money = history.lacks().into_iter().any(|lack| {
            matches!(lack, Lack::Charge(_) | Lack::Payment(_) | Lack::Origin(_))
        });
        prop_assert!(!asks_for_money, "everything is known: {:?}", history.lacks());
        story.facts = retold(&story.facts, &order, &again);
        prop_assert_eq!(told, state_under(&story, &terms(), &settings));
    }
}
