//! How long a license takes to decide, and how that grows with its history: facts a
//! second at 10 to 10,000 facts, in one run. Linear means the same throughput.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use paidup_lifecycle::{
    Bars, Charge, Fact, History, Invoice, InvoiceLine, InvoiceStatus, Mapping, Object, Period,
    Settings, Settlement, Subscription, SubscriptionItem, SubscriptionStatus, Terms, Timestamp,
};

const MONTH: i64 = 30 * 86_400;

/// A subscription and its renewals, three facts each.
fn facts(count: usize) -> Vec<Fact> {
    let renewals = i64::try_from(count / 3).unwrap_or(i64::MAX);
    let mut subscription = Subscription::new("sub_1", SubscriptionStatus::Active);
    subscription.customer = Some("cus_1".to_owned());
    subscription.started_at = Some(Timestamp(0));
    let mut item = SubscriptionItem::new("si_1", "price_1");
    item.period_end = Some(Timestamp(renewals * MONTH));
    subscription.items.push(item);
    let at = Timestamp(renewals * MONTH);
    let mut facts = vec![Fact::event(at, Object::Subscription(subscription))];
    for n in 0..renewals {
        let (start, end) = (Timestamp(n * MONTH), Timestamp((n + 1) * MONTH));
        let invoice = Invoice {
            customer: Some("cus_1".to_owned()),
            subscription: Some("sub_1".to_owned()),
            total: 2900,
            finalized_at: Some(start),
            lines: vec![InvoiceLine {
                item: Some("si_1".to_owned()),
                proration: false,
                period: Period { start, end },
                ..InvoiceLine::new(Period::default())
            }],
            ..Invoice::new(&format!("in_{n}"), InvoiceStatus::Paid)
        };
        let settlement = Settlement {
            invoice: invoice.id.clone(),
            payment: format!("pi_{n}"),
        };
        let charge = Charge {
            id: format!("ch_{n}"),
            customer: Some("cus_1".to_owned()),
            payment: Some(format!("pi_{n}")),
            invoice: None,
            amount: 2900,
            amount_refunded: 0,
        };
        facts.push(Fact::event(start, Object::Invoice(invoice)));
        facts.push(Fact::event(start, Object::Settlement(settlement)));
        facts.push(Fact::event(start, Object::Charge(charge)));
    }
    facts
}

fn reduce(criterion: &mut Criterion) {
    let mut mapping = Mapping::default();
    mapping.map_price("price_1", Terms::default());
    let (settings, bars) = (Settings::default(), Bars::new());
    let mut group = criterion.benchmark_group("facts to licenses");
    for count in [10, 100, 1_000, 10_000] {
        let facts = facts(count);
        group.throughput(Throughput::Elements(
            facts.len().try_into().unwrap_or(u64::MAX),
        ));
        group.bench_with_input(BenchmarkId::new("join", count), &facts, |bencher, facts| {
            bencher.iter(|| facts.iter().cloned().collect::<History>());
        });
        let history: History = facts.into_iter().collect();
        group.bench_with_input(
            BenchmarkId::new("decide", count),
            &history,
            |bencher, it| {
                bencher.iter(|| it.bought(&mapping).lineages(it, &settings, &bars).len());
            },
        );
        group.bench_with_input(BenchmarkId::new("lacks", count), &history, |bencher, it| {
            bencher.iter(|| it.lacks().len());
        });
    }
    group.finish();
}

criterion_group!(benches, reduce);
criterion_main!(benches);
