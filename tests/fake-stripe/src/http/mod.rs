//! The HTTP edge: Stripe's API under `/v1`, and what steers the fake under
//! `/_fake`. One file per resource; every route is in sight here.

mod account;
mod call;
mod catalog;
mod charges;
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
mod invoice_items;
mod invoice_payments;
mod invoices;
mod page;
mod pay;
mod payment_intents;
mod payment_methods;
mod payment_pages;
mod refunds;
mod subscriptions;
mod trouble;

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
        .route("/subscription_items", get(subscriptions::items))
        .route(
            "/invoiceitems",
            get(invoice_items::list).post(invoice_items::create),
        )
        .route(
            "/invoiceitems/{id}",
            get(invoice_items::retrieve).delete(invoice_items::delete),
        )
        .route("/invoices", get(invoices::list).post(invoices::create))
        .route(
            "/invoices/{id}",
            get(invoices::retrieve)
                .post(invoices::update)
                .delete(invoices::delete),
        )
        .route("/invoices/{id}/finalize", post(invoices::finalize))
        .route("/invoices/{id}/lines", get(invoices::lines))
        .route("/invoices/{id}/pay", post(invoices::pay))
        .route("/invoices/{id}/void", post(invoices::void))
        .route(
            "/invoices/{id}/mark_uncollectible",
            post(invoices::mark_uncollectible),
        )
        .route("/invoice_payments", get(invoice_payments::list))
        .route("/invoice_payments/{id}", get(invoice_payments::retrieve))
        .route(
            "/payment_intents",
            get(payment_intents::list).post(payment_intents::create),
        )
        .route("/payment_intents/{id}", get(payment_intents::retrieve))
        .route(
            "/payment_intents/{id}/confirm",
            post(payment_intents::confirm),
        )
        .route(
            "/payment_intents/{id}/cancel",
            post(payment_intents::cancel),
        )
        .route(
            "/payment_methods",
            get(payment_methods::list).post(payment_methods::create),
        )
        .route(
            "/payment_methods/{id}",
            get(payment_methods::retrieve).post(payment_methods::update),
        )
        .route(
            "/payment_methods/{id}/attach",
            post(payment_methods::attach),
        )
        .route(
            "/payment_methods/{id}/detach",
            post(payment_methods::detach),
        )
        .route("/payment_pages/{id}", get(payment_pages::retrieve))
        .route("/payment_pages/{id}/confirm", post(payment_pages::confirm))
        .route("/charges", get(charges::list))
        .route("/charges/{id}", get(charges::retrieve))
        .route("/refunds", get(refunds::list).post(refunds::create))
        .route(
            "/refunds/{id}",
            get(refunds::retrieve).post(refunds::update),
        )
        .route("/disputes", get(disputes::list))
        .route(
            "/disputes/{id}",
            get(disputes::retrieve).post(disputes::update),
        )
        .route("/disputes/{id}/close", post(disputes::close))
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
        .method_not_allowed_fallback(unknown_url)
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
        .route("/faults", post(trouble::faults))
        .route("/chaos", post(trouble::chaos))
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
