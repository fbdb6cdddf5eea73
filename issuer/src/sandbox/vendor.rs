//! The vendor's app: receives webhooks and believes only signed ones.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::Failure;
use crate::app::{sign_licentric, sign_standard};

/// How long to wait for a webhook.
const PATIENCE: Duration = Duration::from_secs(20);

/// The vendor's app.
pub(crate) struct Vendor {
    url: String,
    arriving: mpsc::UnboundedReceiver<Received>,
}

/// A webhook that arrived.
pub(crate) struct Received {
    pub(crate) body: Value,
    /// The Standard Webhooks signature and the guide's both hold.
    pub(crate) genuine: bool,
}

impl Received {
    fn is(&self, kind: &str) -> bool {
        self.body.get("type").is_some_and(|it| it == kind)
    }
}

#[derive(Clone)]
struct Desk {
    secret: String,
    arrivals: mpsc::UnboundedSender<Received>,
    /// What was accepted: a webhook comes at least once.
    known: Arc<Mutex<BTreeSet<String>>>,
}

impl Vendor {
    pub(crate) async fn open(secret: &str) -> Result<Self, Failure> {
        let (arrivals, arriving) = mpsc::unbounded_channel();
        let desk = Desk {
            secret: secret.to_owned(),
            arrivals,
            known: Arc::default(),
        };
        let router = Router::new()
            .route("/webhooks/paidup", post(receive))
            .with_state(desk);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/webhooks/paidup", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, arriving })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Everything that has arrived since the last look.
    pub(crate) fn arrived(&mut self) -> Vec<Received> {
        let mut arrived = Vec::new();
        while let Ok(received) = self.arriving.try_recv() {
            arrived.push(received);
        }
        arrived
    }

    /// Waits for a webhook of that type.
    pub(crate) async fn next(&mut self, kind: &str) -> Result<Received, Failure> {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                match self.arriving.recv().await {
                    Some(received) if received.is(kind) => return Some(received),
                    Some(_) => {}
                    None => return None,
                }
            }
        });
        waited
            .await
            .ok()
            .flatten()
            .ok_or_else(|| format!("no {kind} arrived in time").into())
    }
}

async fn receive(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    };
    let Ok(text) = std::str::from_utf8(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let Ok(json) = serde_json::from_str(text) else {
        return StatusCode::BAD_REQUEST;
    };
    let timestamp = header("webhook-timestamp").parse().unwrap_or_default();
    let standard = sign_standard(&desk.secret, header("webhook-id"), timestamp, text);
    let guide = sign_licentric(&desk.secret, timestamp, text);
    let genuine =
        header("webhook-signature") == standard && header("x-licentric-signature") == guide;
    let mut known = desk.known.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.insert(header("webhook-id").to_owned()) {
        return StatusCode::NO_CONTENT;
    }
    // The story may be over before its last webhook arrives.
    let _ = desk.arrivals.send(Received {
        body: json,
        genuine,
    });
    StatusCode::NO_CONTENT
}
