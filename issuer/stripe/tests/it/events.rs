//! The types of events that are asked for, against what is read from them.

use paidup_stripe::{EVENT_TYPES, Event};
use serde_json::json;

#[test]
fn every_event_that_is_asked_for_tells_something() {
    let objects = [
        (
            "charge.dispute.",
            json!({ "object": "dispute", "status": "lost", "charge": "ch_1" }),
        ),
        (
            "charge.refund.",
            json!({ "object": "refund", "status": "failed", "charge": "ch_1", "amount": 1 }),
        ),
        (
            "refund.",
            json!({ "object": "refund", "status": "failed", "charge": "ch_1", "amount": 1 }),
        ),
        (
            "charge.refunded",
            json!({ "object": "charge", "amount": 1, "amount_refunded": 1 }),
        ),
        (
            "checkout.session.",
            json!({ "object": "checkout.session", "mode": "payment" }),
        ),
        (
            "customer.subscription.",
            json!({ "object": "subscription", "status": "active" }),
        ),
        ("customer.", json!({ "object": "customer" })),
        ("invoice.", json!({ "object": "invoice", "status": "open" })),
        (
            "invoice_payment.",
            json!({ "object": "invoice_payment", "invoice": "in_1", "payment": { "charge": "ch_1" } }),
        ),
    ];
    for kind in EVENT_TYPES {
        let of_kind = objects.iter().find(|(prefix, _)| kind.starts_with(prefix));
        let mut object = of_kind.unwrap().1.clone();
        object["id"] = json!("x_1");
        let event = json!({
            "id": "evt_1",
            "object": "event",
            "type": kind,
            "created": 1,
            "livemode": false,
            "data": { "object": object },
        });
        let event = Event::parse(event.to_string().as_bytes()).unwrap();
        assert!(!event.facts().unwrap().is_empty(), "{kind}");
    }
}
