//! A client of the fake's API.

use fake_stripe::FakeStripe;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

pub(super) struct Api {
    pub(super) stripe: FakeStripe,
    pub(super) http: Client,
}

impl Api {
    pub(super) async fn start() -> Self {
        Self::of(FakeStripe::builder().start().await.unwrap())
    }

    /// With the guide's catalog.
    pub(super) fn of(stripe: FakeStripe) -> Self {
        stripe.create_guide_catalog().unwrap();
        Self::of_running(stripe)
    }

    pub(super) fn of_running(stripe: FakeStripe) -> Self {
        Self {
            stripe,
            http: Client::new(),
        }
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        let url = format!("{}/v1/{path}", self.stripe.base_url());
        self.http.get(url).bearer_auth(self.stripe.api_key())
    }

    pub(super) fn post(&self, path: &str, form: &str) -> RequestBuilder {
        let url = format!("{}/v1/{path}", self.stripe.base_url());
        let request = self.http.post(url).bearer_auth(self.stripe.api_key());
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }
}

pub(super) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let reply = request.send().await.unwrap();
    (reply.status(), reply.json().await.unwrap())
}

impl Api {
    pub(super) fn delete(&self, path: &str) -> RequestBuilder {
        let url = format!("{}/v1/{path}", self.stripe.base_url());
        self.http.delete(url).bearer_auth(self.stripe.api_key())
    }

    /// The answer to a request that must succeed.
    pub(super) async fn made(&self, path: &str, form: &str) -> Value {
        let (status, body) = answer(self.post(path, form)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The object at a path where one must be.
    pub(super) async fn found(&self, path: &str) -> Value {
        let (status, body) = answer(self.get(path)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// How many events of a type there have been.
    pub(super) fn count(&self, kind: &str) -> usize {
        let events = self.stripe.events();
        events.iter().filter(|it| it.kind == kind).count()
    }
}

/// An object's id.
pub(super) fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}
