//! `GET /.well-known/jwks.json`: the signing keys for ordinary JWT libraries
//! (RFC 7517, RFC 8037).

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde_json::json;

use crate::app::App;

pub(super) async fn get(State(app): State<App>) -> impl IntoResponse {
    let signer = app.signer();
    let keys = json!({ "keys": [{
        "kty": "OKP",
        "crv": "Ed25519",
        "x": signer.public_key().to_base64url(),
        "kid": signer.key_id().to_string(),
        "use": "sig",
        "alg": "EdDSA",
    }]});
    ([(CACHE_CONTROL, "public, max-age=300")], Json(keys))
}
