//! Which objects say anything of a purchase.

use paidup_lifecycle::{History, Object, SubscriptionStatus};

/// Whether an object says anything of what was bought there: not what the same buyer
/// bought elsewhere.
pub(super) fn concerns(history: &History, object: &Object, origin: &str) -> bool {
    let subscription = history.subscription(origin);
    let checkouts = || {
        history
            .checkouts()
            .filter(|it| it.id == origin || it.subscription.as_deref() == Some(origin))
    };
    let invoices = || {
        let of_checkout = checkouts().filter_map(|it| it.invoice.as_deref());
        let of_subscription = history.invoices_of(origin).map(|it| it.id.as_str());
        of_checkout.chain(of_subscription)
    };
    let payment = |id: &str| {
        checkouts().any(|it| it.payment.as_deref() == Some(id))
            || history
                .settlements()
                .any(|it| it.payment == id && invoices().any(|invoice| invoice == it.invoice))
    };
    let charge = |id: &str| {
        let found = history.charge(id);
        let by_payment = found
            .and_then(|it| it.payment.as_deref())
            .is_some_and(payment);
        let invoice = found.and_then(|it| it.invoice.as_deref());
        by_payment || payment(id) || invoice.is_some_and(|id| invoices().any(|it| it == id))
    };
    let either = |by_charge: &Option<String>, by_payment: &Option<String>| {
        by_charge.as_deref().is_some_and(charge) || by_payment.as_deref().is_some_and(payment)
    };
    match object {
        Object::Subscription(it) => it.id == origin,
        // It matters where the subscription itself does not tell.
        Object::Course(it) => {
            let stopped = it.status != SubscriptionStatus::Active;
            it.subscription == origin
                && stopped
                && subscription.is_some_and(|it| it.status.is_final())
        }
        Object::Checkout(it) => checkouts().any(|known| known.id == it.id),
        Object::CheckoutLines(it) => it.checkout == origin,
        Object::Customer(it) => {
            let customer = subscription.and_then(|it| it.customer.as_deref());
            it.deleted && customer == Some(&it.id)
        }
        Object::Invoice(it) => invoices().any(|id| id == it.id),
        Object::Charge(it) => charge(&it.id),
        Object::Refund(it) => either(&it.charge, &it.payment),
        Object::Dispute(it) => either(&it.charge, &it.payment),
        // It ties the others together, and says nothing by itself.
        _ => false,
    }
}
