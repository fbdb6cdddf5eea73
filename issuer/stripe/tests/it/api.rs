//! What is asked of Stripe, how a reply is timed, and what a refusal says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use paidup_lifecycle::{Lack, Object, Source, Timestamp};
use paidup_stripe::{Api, ApiError, ApiKey, StripeMode};

type Script = Arc<Mutex<Vec<(u16, &'static str)>>>;
type Asked = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// A server that gives the replies of a script, one after the other.
async fn scripted(replies: &[(u16, &'static str)]) -> (Api, Asked) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let script: Script = Arc::new(Mutex::new(replies.iter().rev().copied().collect()));
    let asked = Asked::default();
    async fn reply(
        State((script, asked)): State<(Script, Asked)>,
        uri: Uri,
        headers: HeaderMap,
    ) -> Response {
        asked.lock().unwrap().push((uri.to_string(), headers));
        let (status, body) = script.lock().unwrap().pop().unwrap_or((599, "{}"));
        let date = [("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
        (StatusCode::from_u16(status).unwrap(), date, body).into_response()
    }
    let router = Router::new()
        .fallback(reply)
        .with_state((script, Arc::clone(&asked)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let key = ApiKey::new("rk_test_1").unwrap();
    (Api::new(&key, Some(&base)).unwrap(), asked)
}

fn paths(asked: &Asked) -> Vec<String> {
    asked
        .lock()
        .unwrap()
        .iter()
        .map(|(path, _)| path.clone())
        .collect()
}

#[tokio::test]
async fn a_reply_is_timed_by_stripes_own_clock() {
    let body = r#"{"object": "subscription", "id": "sub_1", "status": "active"}"#;
    let (api, asked) = scripted(&[(200, body)]).await;
    let facts = api
        .supply(&Lack::Subscription("sub_1".to_owned()), 1)
        .await
        .unwrap();
    assert_eq!(facts[0].observed.at, Timestamp(784_111_777));
    assert_eq!(facts[0].observed.source, Source::Fetch);
    let asked = asked.lock().unwrap();
    let (path, headers) = &asked[0];
    assert_eq!(path.trim_end_matches('?'), "/v1/subscriptions/sub_1");
    assert_eq!(headers["authorization"], "Bearer rk_test_1");
    assert!(headers.contains_key("stripe-version"));
}

#[tokio::test]
async fn the_origin_of_a_payment_is_looked_for_among_invoices_and_then_checkouts() {
    let none = r#"{"object": "list", "data": []}"#;
    let session = r#"{"object": "list", "data": [{"object": "checkout.session", "id": "cs_1",
        "mode": "payment", "status": "complete", "payment_status": "paid",
        "payment_intent": "pi_1"}]}"#;
    let (api, asked) = scripted(&[(200, none), (200, session)]).await;
    let facts = api
        .supply(&Lack::Origin("pi_1".to_owned()), 1)
        .await
        .unwrap();
    assert!(matches!(&facts[0].object, Object::Checkout(it) if it.id == "cs_1"));
    let paths = paths(&asked);
    assert!(paths[0].starts_with("/v1/invoice_payments?"), "{paths:?}");
    assert!(
        paths[0].contains("payment_intent") && paths[0].contains("pi_1"),
        "{paths:?}"
    );
    assert!(paths[1].starts_with("/v1/checkout/sessions?"), "{paths:?}");
}

#[tokio::test]
async fn what_stripe_does_not_know_is_said_to_be_missing() {
    let (api, _) = scripted(&[(404, r#"{"error": {"code": "resource_missing"}}"#)]).await;
    let supplied = api.supply(&Lack::Customer("cus_1".to_owned()), 1).await;
    assert!(supplied.unwrap_err().is_missing());
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_and_a_lasting_one_is_told() {
    let body = r#"{"object": "customer", "id": "cus_1", "email": "a@example.com"}"#;
    let (api, asked) = scripted(&[(500, "oops"), (429, "{}"), (200, body)]).await;
    assert_eq!(
        api.supply(&Lack::Customer("cus_1".to_owned()), 1)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(paths(&asked).len(), 3);

    let refusal = r#"{"error": {"message": "The key lacks the permission customer_read."}}"#;
    let (api, asked) = scripted(&[(403, refusal)]).await;
    let error = api
        .supply(&Lack::Customer("cus_1".to_owned()), 1)
        .await
        .unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(
        error.to_string(),
        "Stripe answered 403: The key lacks the permission customer_read."
    );
    assert_eq!(paths(&asked).len(), 1);
}

#[tokio::test]
async fn nobody_there_is_an_error_of_its_own() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let api = Api::new(&ApiKey::new("sk_test_1").unwrap(), Some(&base)).unwrap();
    let error = api
        .supply(&Lack::Customer("cus_1".to_owned()), 1)
        .await
        .unwrap_err();
    assert!(matches!(error, ApiError::Unreachable(_)), "{error:?}");
}

#[test]
fn a_key_says_its_mode_and_never_itself() {
    assert_eq!(
        ApiKey::new(" sk_live_abc\n").unwrap().mode(),
        StripeMode::Live
    );
    let key = ApiKey::new("rk_test_secret").unwrap();
    assert_eq!(key.mode(), StripeMode::Test);
    assert!(!format!("{key:?}").contains("secret"));
    for wrong in ["", "pk_test_1", "sk_test_ü", "whsec_1"] {
        assert!(ApiKey::new(wrong).is_err(), "{wrong}");
    }
}
