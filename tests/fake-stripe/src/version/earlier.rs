//! The shape of the versions before 2025-03-31: an invoice names its subscription
//! and its payment, a charge its invoice, a subscription its current period.

use serde_json::{Map, Value, json};

use crate::state::{Price, Resource, World};

type Object = Map<String, Value>;

/// Reshapes an object and all that it holds.
pub(super) fn reshape(world: &World, value: &mut Value) {
    match value {
        Value::Array(elements) => {
            for element in elements {
                reshape(world, element);
            }
        }
        Value::Object(object) => reshape_object(world, object),
        _ => (),
    }
}

fn reshape_object(world: &World, object: &mut Object) {
    let kind = object.get("object").and_then(Value::as_str);
    let kind = kind.unwrap_or_default().to_owned();
    if kind == "event" {
        return;
    }
    for (name, member) in object.iter_mut() {
        // The vendor's own names and values only look like Stripe's.
        if name != "metadata" {
            reshape(world, member);
        }
        count(member);
    }
    match kind.as_str() {
        "invoice" => invoice(world, object),
        "line_item" => line(world, object),
        "subscription" => subscription(object),
        "charge" => {
            let intent = object.get("payment_intent");
            set(object, "invoice", paid_invoice(world, intent));
        }
        "payment_intent" => set(object, "invoice", paid_invoice(world, object.get("id"))),
        _ => (),
    }
}

/// A list inside of an object tells how long it is.
fn count(member: &mut Value) {
    if member.get("object").is_none_or(|it| it != "list") {
        return;
    }
    let length = member.get("data").and_then(Value::as_array).map(Vec::len);
    if let Some(member) = member.as_object_mut() {
        set(member, "total_count", json!(length));
    }
}

fn paid_invoice(world: &World, intent: Option<&Value>) -> Value {
    let intent = intent.and_then(Value::as_str);
    let payment = world
        .invoice_payments
        .oldest_first()
        .find(|it| Some(it.payment_intent.as_str()) == intent);
    json!(payment.map(|it| it.invoice.as_str()))
}

fn invoice(world: &World, invoice: &mut Object) {
    let parent = invoice.remove("parent").unwrap_or_default();
    for gone in [
        "amount_overpaid",
        "customer_account",
        "payments",
        "total_taxes",
    ] {
        invoice.remove(gone);
    }
    let details = parent.get("subscription_details");
    let part = |name| details.and_then(|it| it.get(name)).cloned();
    set(
        invoice,
        "subscription",
        part("subscription").unwrap_or_default(),
    );
    let metadata = part("metadata").map(|metadata| json!({ "metadata": metadata }));
    set(
        invoice,
        "subscription_details",
        metadata.unwrap_or_default(),
    );

    let id = invoice.get("id").and_then(Value::as_str);
    let intent = id.and_then(|it| world.payment_intent_of(it));
    let charge = intent.as_ref().and_then(|it| {
        let intent = world.payment_intents.get(it).ok()?;
        intent.latest_charge.clone()
    });
    let by_stripe = id.is_some_and(|it| world.paid_by_stripe(it));
    let paid = invoice.get("status").is_some_and(|it| it == "paid");
    let due = invoice.get("amount_due").and_then(Value::as_i64);
    set(invoice, "payment_intent", json!(intent));
    set(invoice, "charge", json!(charge));
    set(invoice, "paid", json!(paid));
    let out_of_band = paid && !by_stripe && due.is_some_and(|due| due > 0);
    set(invoice, "paid_out_of_band", json!(out_of_band));
    for absent in [
        "application_fee_amount",
        "discount",
        "quote",
        "tax",
        "transfer_data",
    ] {
        set(invoice, absent, Value::Null);
    }
    set(invoice, "total_tax_amounts", json!([]));
}

fn line(world: &World, line: &mut Object) {
    let parent = line.remove("parent").unwrap_or_default();
    let pricing = line.remove("pricing").unwrap_or_default();
    for gone in ["quantity_decimal", "subtotal", "taxes"] {
        line.remove(gone);
    }
    let subscribed = parent
        .get("type")
        .is_some_and(|it| it == "subscription_item_details");
    let (kind, details) = if subscribed {
        ("subscription", parent.get("subscription_item_details"))
    } else {
        ("invoiceitem", parent.get("invoice_item_details"))
    };
    let part = |name| details.and_then(|it| it.get(name)).cloned();
    set(line, "type", json!(kind));
    set(line, "proration", part("proration").unwrap_or(json!(false)));
    for name in ["proration_details", "subscription"] {
        set(line, name, part(name).unwrap_or_default());
    }
    for name in ["subscription_item", "invoice_item"] {
        if let Some(id) = part(name).filter(|it| !it.is_null()) {
            set(line, name, id);
        }
    }
    let price = pricing
        .pointer("/price_details/price")
        .and_then(Value::as_str);
    let price: Option<&Price> = price.and_then(|it| world.prices.get(it).ok());
    let plan = price.filter(|it| it.recurring.is_some());
    set(line, "plan", json!(plan.map(|it| it.render_plan(world))));
    set(line, "price", json!(price.map(|it| it.render(world))));
    set(line, "tax_amounts", json!([]));
    set(line, "tax_rates", json!([]));
}

fn subscription(subscription: &mut Object) {
    let items = subscription
        .get_mut("items")
        .and_then(|it| it.get_mut("data"));
    let mut period = (Value::Null, Value::Null);
    let mut single = (Value::Null, Value::Null);
    if let Some(items) = items.and_then(Value::as_array_mut) {
        // Its items all had one period. Where today's differ, the last to end is it.
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            let start = item.remove("current_period_start").unwrap_or_default();
            let end = item.remove("current_period_end").unwrap_or_default();
            if end.as_i64() >= period.1.as_i64() {
                period = (start, end);
            }
        }
        if let [item] = items.as_slice() {
            let part = |name| item.get(name).cloned().unwrap_or_default();
            single = (part("plan"), part("quantity"));
        }
    }
    set(subscription, "current_period_start", period.0);
    set(subscription, "current_period_end", period.1);
    set(subscription, "plan", single.0);
    set(subscription, "quantity", single.1);
    set(subscription, "discount", Value::Null);
    subscription.remove("customer_account");
}

fn set(object: &mut Object, name: &str, value: Value) {
    object.insert(name.to_owned(), value);
}
