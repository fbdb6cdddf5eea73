//! `GET /.well-known/jwks.json`: the signing keys for ordinary JWT libraries
//! (RFC 7517, RFC 8037). `GET /.well-known/paidup-keyset`: the same keys for ours, as
//! their root has signed them.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use paidup::PublicKey;
use serde_json::json;

use super::ApiProblem;
use crate::app::{App, KeysError};

const CACHE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=300")];

pub(super) async fn jwks(State(app): State<App>) -> Result<impl IntoResponse, ApiProblem> {
    let mut db = app.store().read().await?;
    let keys = app.keys_now(&mut db).await?;
    let jwk = |key: &PublicKey| {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": key.to_base64url(),
            "kid": key.key_id(),
            "use": "sig",
            "alg": "EdDSA",
        })
    };
    let keys: Vec<_> = keys.published().iter().map(jwk).collect();
    Ok((CACHE, Json(json!({ "keys": keys }))))
}

pub(super) async fn keyset(State(app): State<App>) -> Result<impl IntoResponse, ApiProblem> {
    let mut db = app.store().read().await?;
    let keys = app.keys_now(&mut db).await?;
    let text = keys.keyset_text().ok_or_else(|| {
        let text = "this issuer has no keyset yet: `paidup keys init` makes one";
        ApiProblem::new(404, "NOT_FOUND", text)
    })?;
    let kind = [(CONTENT_TYPE, "application/keyset+jwt")];
    Ok((CACHE, kind, text.to_owned()))
}

impl From<KeysError> for ApiProblem {
    fn from(error: KeysError) -> Self {
        Self::unavailable(&error)
    }
}
