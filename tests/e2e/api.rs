//! The HTTP edge: health, keys, and errors that are all of one shape.

use paidup_tests::{Database, Failure, Outcome, Reply, Stage};
use reqwest::Method;
use serde_json::{Value, json};

async fn get(stage: &Stage, path: &str) -> Result<Value, Failure> {
    let reply = reqwest::get(format!("{}{path}", stage.url()?)).await?;
    assert_eq!(reply.status(), 200, "{path}");
    Ok(reply.json().await?)
}

#[tokio::test]
async fn the_published_key_is_the_one_that_signs() -> Outcome {
    let stage = Stage::set(Database::Sqlite).await?;
    let keys = get(&stage, "/.well-known/jwks.json").await?;
    let signing = stage.issuer()?.app.signing_key().ok_or("no key signs")?;
    assert_eq!(
        keys,
        json!({ "keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "x": signing.to_base64url(),
            "kid": signing.key_id().to_string(),
        }]})
    );
    Ok(())
}

#[tokio::test]
async fn health_and_readiness() -> Outcome {
    let stage = Stage::set(Database::Postgres).await?;
    assert_eq!(get(&stage, "/healthz").await?, json!({ "status": "ok" }));
    let ready = get(&stage, "/readyz").await?;
    assert_eq!(
        (&ready["mode"], &ready["eventsWaiting"]),
        (&json!("test"), &json!(0))
    );
    Ok(())
}

#[tokio::test]
async fn every_error_has_one_shape() -> Outcome {
    let stage = Stage::set(Database::Sqlite).await?;
    let http = reqwest::Client::new();
    let json_type = "application/json";
    let long = "x".repeat(65 * 1024);
    let deep = "[".repeat(10_000);
    let cases = [
        (
            Method::GET,
            "/nothing/here",
            json_type,
            "",
            404,
            "NOT_FOUND",
        ),
        (
            Method::GET,
            "/api/v1/tokens",
            json_type,
            "",
            405,
            "METHOD_NOT_ALLOWED",
        ),
        (
            Method::DELETE,
            "/healthz",
            json_type,
            "",
            405,
            "METHOD_NOT_ALLOWED",
        ),
        (
            Method::POST,
            "/api/v1/tokens",
            "text/plain",
            "{}",
            415,
            "VALIDATION_ERROR",
        ),
        (
            Method::POST,
            "/api/v1/tokens",
            json_type,
            "{",
            400,
            "VALIDATION_ERROR",
        ),
        (
            Method::POST,
            "/api/v1/tokens",
            json_type,
            "7",
            400,
            "VALIDATION_ERROR",
        ),
        (
            Method::POST,
            "/api/v1/tokens",
            json_type,
            &deep,
            400,
            "VALIDATION_ERROR",
        ),
        (
            Method::POST,
            "/api/v1/tokens",
            json_type,
            "{\"key\": 7}",
            400,
            "VALIDATION_ERROR",
        ),
        (
            Method::POST,
            "/api/v1/tokens",
            json_type,
            &long,
            413,
            "PAYLOAD_TOO_LARGE",
        ),
        (
            Method::POST,
            "/api/v1/tokens",
            json_type,
            "{}",
            422,
            "LICENSE_KEY_MALFORMED",
        ),
        (
            Method::POST,
            "/api/v1/tokens/refresh",
            json_type,
            "{}",
            400,
            "VALIDATION_ERROR",
        ),
        (
            Method::POST,
            "/api/v1/licenses/validate-key",
            json_type,
            "[",
            400,
            "VALIDATION_ERROR",
        ),
    ];
    for (method, path, content_type, body, status, code) in cases {
        let url = format!("{}{path}", stage.url()?);
        let request = http
            .request(method.clone(), url)
            .header("content-type", content_type);
        let reply = request.body(body.to_owned()).send().await?;
        let reply = Reply::of(reply).await?;
        assert_eq!(reply.error(), (status, code), "{method} {path}");
    }
    Ok(())
}
