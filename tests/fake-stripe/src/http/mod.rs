//! The HTTP edge: Stripe's API under `/v1`, and what steers the fake under
//! `/_fake`. One file per resource; every route is in sight here.

mod account;
mod call;
mod catalog;
mod checkout;
mod control;
mod customers;
mod disputes;
mod endpoints;
mod error;
mod events;
mod expand;
mod form;
mod gate;
mod invoices;
mod page;
mod pay;
mod payments;
mod refunds;
mod subscriptions;

use axum::Router;
use axum::extract::OriginalUri;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};

pub(crate) use self::gate::Replays;
use crate::handle::FakeStripe;
use crate::refusal::Refusal;

pub(crate) fn router(stripe: FakeStripe) -> Router {
    let api = Router::new()
        .route("/account", get(account::retrieve))
        .route(
            "/products",
            get(catalog::list_products).post(catalog::create_product),
        )
        .route(
            "/products/{id}",
            get(catalog::retrieve_product).post(catalog::update_product),
        )
        .route(
            "/prices",
            get(catalog::list_prices).post(catalog::create_price),
        )
        .route(
            "/prices/{id}",
            get(catalog::retrieve_price).post(catalog::update_price),
        )
        .route("/customers", get(customers::list).post(customers::create))
        .route(
            "/customers/{id}",
            get(customers::retrieve)
                .post(customers::update)
                .delete(customers::delete),
        )
        .route(
            "/checkout/sessions",
            get(checkout::list).post(checkout::create),
        )
        .route("/checkout/sessions/{id}", get(checkout::retrieve))
        .route(
            "/checkout/sessions/{id}/line_items",
            get(checkout::line_items),
        )
        .route("/checkout/sessions/{id}/expire", post(checkout::expire))
        .route(
            "/subscriptions",
            get(subscriptions::list).post(subscriptions::create),
        )
        .route(
            "/subscriptions/{id}",
            get(subscriptions::retrieve)
                .post(subscriptions::update)
                .delete(subscriptions::cancel),
        )
        .route("/invoices", get(invoices::list))
        .route("/invoices/{id}", get(invoices::retrieve))
        .route("/invoices/{id}/lines", get(invoices::lines))
        .route("/invoices/{id}/pay", post(invoices::pay))
        .route("/invoices/{id}/void", post(invoices::void))
        .route(
            "/invoices/{id}/mark_uncollectible",
            post(invoices::mark_uncollectible),
        )
        .route("/invoice_payments", get(invoices::list_payments))
        .route("/invoice_payments/{id}", get(invoices::retrieve_payment))
        .route("/payment_intents", get(payments::list_intents))
        .route("/payment_intents/{id}", get(payments::retrieve_intent))
        .route("/charges", get(payments::list_charges))
        .route("/charges/{id}", get(payments::retrieve_charge))
        .route("/refunds", get(refunds::list).post(refunds::create))
        .route("/refunds/{id}", get(refunds::retrieve))
        .route("/disputes", get(disputes::list))
        .route("/disputes/{id}", get(disputes::retrieve))
        .route(
            "/webhook_endpoints",
            get(endpoints::list).post(endpoints::create),
        )
        .route(
            "/webhook_endpoints/{id}",
            get(endpoints::retrieve)
                .post(endpoints::update)
                .delete(endpoints::delete),
        )
        .route("/events", get(events::list))
        .route("/events/{id}", get(events::retrieve))
        .fallback(unknown_url)
        .layer(from_fn_with_state(stripe.clone(), gate::gate));

    let control = Router::new()
        .route(
            "/deliveries",
            get(control::deliveries).delete(control::hold_deliveries),
        )
        .route("/deliveries/hold", post(control::hold_deliveries))
        .route("/deliveries/release", post(control::release_deliveries))
        .route("/clock", get(control::clock))
        .route("/clock/advance", post(control::advance_clock))
        .route("/faults", post(control::set_faults))
        .route("/buy", post(control::buy))
        .route("/events/{id}", delete(control::drop_event))
        .route("/events/{id}/{verb}", post(control::event))
        .route("/checkout/{id}/{verb}", post(control::checkout))
        .route("/subscriptions/{id}/{verb}", post(control::subscription))
        .route("/invoices/{id}/{verb}", post(control::invoice))
        .route("/payments/{id}/{verb}", post(control::payment))
        .route("/refunds/{id}/{verb}", post(control::refund))
        .route("/disputes/{id}/{verb}", post(control::dispute))
        .route("/pay/{session}", get(pay::show).post(pay::pay));

    Router::new()
        .nest("/v1", api)
        .nest("/_fake", control)
        .fallback(unknown_url)
        .with_state(stripe)
}

async fn unknown_url(method: Method, OriginalUri(uri): OriginalUri) -> Refusal {
    Refusal::UnknownUrl {
        method: method.to_string(),
        path: uri.path().to_owned(),
    }
}
