//! The vendor's app: receives webhooks, and answers as the test has it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::Failure;

const PATIENCE: Duration = Duration::from_secs(20);

/// The vendor's app.
#[derive(Debug, Clone)]
pub struct Vendor {
    url: String,
    desk: Arc<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<u16>>,
    bell: Notify,
}

/// A webhook as it arrived.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Received {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its raw body.
    pub raw: String,
    /// Its body.
    pub body: Value,
    /// What it was answered.
    pub answered: u16,
}

impl Received {
    /// The event's type.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("/type")
    }

    /// A member of the body, empty where it is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A header, empty where it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    }
}

impl Vendor {
    /// Opens for webhooks.
    ///
    /// # Errors
    /// Where no port is to be had.
    pub async fn open() -> Result<Self, Failure> {
        let desk = Arc::new(Desk::default());
        let router = Router::new()
            .route("/webhooks/paidup", post(receive))
            .with_state(Arc::clone(&desk));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/webhooks/paidup", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, desk })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers the next webhooks with these statuses, and those after with 204.
    pub fn answer(&self, statuses: &[u16]) {
        let mut answers = self
            .desk
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        answers.extend(statuses);
    }

    /// Everything that arrived, refused or not.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.desk
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The types of what was accepted, in the order of arrival.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let accepted = self.received().into_iter().filter(|it| it.answered < 300);
        accepted.map(|it| it.kind().to_owned()).collect()
    }

    /// Waits until `count` webhooks of that type were accepted, and gives the last.
    ///
    /// # Errors
    /// Where they do not come in time.
    pub async fn nth(&self, kind: &str, count: usize) -> Result<Received, Failure> {
        let wait = async {
            loop {
                let bell = self.desk.bell.notified();
                let received = self.received().into_iter();
                let mut such = received.filter(|it| it.kind() == kind && it.answered < 300);
                if let Some(found) = such.nth(count - 1) {
                    return found;
                }
                bell.await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, wait).await;
        found.map_err(|_| {
            format!(
                "no {kind} number {count} arrived in time, but {:?}",
                self.told()
            )
            .into()
        })
    }

    /// Waits for the first webhook of that type.
    ///
    /// # Errors
    /// Where it does not come in time.
    pub async fn first(&self, kind: &str) -> Result<Received, Failure> {
        self.nth(kind, 1).await
    }
}

async fn receive(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // A webhook comes at least once: where time jumps while the first answer is on its
    // way, twice. Whoever has accepted it knows it again by its id.
    let id = headers.get("webhook-id");
    let again = |it: &Received| it.answered < 300 && it.headers.get("webhook-id") == id;
    let mut known = desk.received.lock().unwrap_or_else(PoisonError::into_inner);
    if known.iter().any(again) {
        return StatusCode::NO_CONTENT;
    }
    let answer = desk
        .answers
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .pop_front();
    let answered = answer.unwrap_or(204);
    let raw = String::from_utf8_lossy(&body).into_owned();
    let body = serde_json::from_str(&raw).unwrap_or_default();
    let received = Received {
        headers,
        raw,
        body,
        answered,
    };
    known.push(received);
    drop(known);
    desk.bell.notify_waiters();
    StatusCode::from_u16(answered).unwrap_or_default()
}
