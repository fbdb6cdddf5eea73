//! The fake, as those who use it see it.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod api;
mod bills;
mod chaos;
mod client;
mod deliveries;
mod life;
mod sandbox;
mod versions;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;

/// An application's webhook endpoint.
#[derive(Clone, Default)]
struct Inbox {
    received: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Inbox {
    /// Opens it; gives its address too.
    async fn open() -> (Self, String) {
        let inbox = Self::default();
        let router = Router::new()
            .route("/", post(receive))
            .with_state(inbox.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (inbox, url)
    }

    /// Answers the next deliveries with these, and those after with 200.
    fn answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    /// Signature and body of each delivery.
    fn received(&self) -> Vec<(String, String)> {
        self.received.lock().unwrap().clone()
    }

    /// The ids of the events, in the order of arrival.
    fn ids(&self) -> Vec<String> {
        let id = |body: &str| serde_json::from_str::<Value>(body).unwrap()["id"].clone();
        self.received()
            .iter()
            .map(|(_, body)| id(body).as_str().unwrap().to_owned())
            .collect()
    }
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    inbox.received.lock().unwrap().push((signature, body));
    let answer = inbox.answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(answer).unwrap()
}
