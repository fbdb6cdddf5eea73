//! Webhooks made by hand, where a test wants one that Stripe would not send.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{Failure, Reply};

/// Posts bodies to `/webhooks/stripe`, signed or not.
#[derive(Debug, Clone)]
pub struct Hook {
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) http: reqwest::Client,
}

impl Hook {
    /// The `v1` signature of a body at `t`.
    #[must_use]
    pub fn signature(&self, secret: &str, t: i64, body: &[u8]) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            return String::new();
        };
        mac.update(format!("{t}.").as_bytes());
        mac.update(body);
        let tag = mac.finalize().into_bytes();
        tag.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A whole `Stripe-Signature` under the endpoint's own secret.
    #[must_use]
    pub fn header(&self, t: i64, body: &[u8]) -> String {
        format!("t={t},v1={}", self.signature(&self.secret, t, body))
    }

    /// Posts a body with this `Stripe-Signature`, or with none.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn post(&self, body: Vec<u8>, signature: Option<&str>) -> Result<Reply, Failure> {
        let mut request = self.http.post(&self.url).body(body);
        if let Some(signature) = signature {
            request = request.header("stripe-signature", signature);
        }
        Reply::of(request.send().await?).await
    }

    /// Posts an event as Stripe would, signed at `t`.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn send(&self, event: &Value, t: i64) -> Result<Reply, Failure> {
        let body = event.to_string().into_bytes();
        let signature = self.header(t, &body);
        self.post(body, Some(&signature)).await
    }
}

/// An event around an object, in test mode.
#[must_use]
pub fn event(id: &str, kind: &str, created: i64, object: &Value) -> Value {
    json!({
        "id": id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": created,
        "data": { "object": object },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "type": kind,
    })
}
