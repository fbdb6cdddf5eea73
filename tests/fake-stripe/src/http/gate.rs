//! What every API request passes: the faults that a test asked for, the key, the
//! idempotency key; and the headers that every answer carries.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::clock::http_date;
use crate::event::Cause;
use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::version::{self, Shape};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const VERSION: HeaderName = HeaderName::from_static("stripe-version");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("stripe-should-retry");

const MAX_BODY: usize = 1 << 20;

/// For how long Stripe remembers an idempotency key.
const KEY_LIFETIME: i64 = 24 * 60 * 60;

/// The answers given under idempotency keys.
pub(crate) type Replays = BTreeMap<String, Replay>;

#[derive(Clone)]
pub(crate) struct Replay {
    request: Vec<u8>,
    at: i64,
    status: StatusCode,
    body: Bytes,
}

pub(super) async fn gate(
    State(stripe): State<FakeStripe>,
    request: Request,
    next: Next,
) -> Response {
    let (request_id, fault, now, default) = stripe.change(|world| {
        let default = world.api_version.clone();
        (
            world.ids.next("req_"),
            world.faults.next(),
            world.now(),
            default,
        )
    });
    let key = text(request.headers(), &IDEMPOTENCY_KEY);
    let version = text(request.headers(), &VERSION).unwrap_or(default);
    if let Some(delay) = fault.delay {
        tokio::time::sleep(delay).await;
    }
    let mut response = match fault.status {
        // A proxy's answer, as an outage has it: not JSON.
        Some(503) => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response(),
        Some(status) => Refusal::Injected { status }.into_response(),
        None => {
            let cause = Cause {
                request: Some(request_id.clone()),
                idempotency_key: key.clone(),
            };
            let answer = pass(&stripe, request, next, cause, &version).await;
            let answer = answer.unwrap_or_else(IntoResponse::into_response);
            if fault.loses_answer && answer.status().is_success() {
                Refusal::Injected { status: 500 }.into_response()
            } else {
                answer
            }
        }
    };
    let retry = response.status().is_server_error() || response.status().as_u16() == 429;
    let headers = response.headers_mut();
    set(headers, REQUEST_ID, &request_id);
    set(headers, DATE, &http_date(now));
    set(headers, VERSION, &version);
    set(headers, SHOULD_RETRY, if retry { "true" } else { "false" });
    if let Some(key) = key {
        set(headers, IDEMPOTENCY_KEY, &key);
    }
    response
}

async fn pass(
    stripe: &FakeStripe,
    mut request: Request,
    next: Next,
    cause: Cause,
    version: &str,
) -> Result<Response, Refusal> {
    let presented = credentials(request.headers());
    stripe.admit(presented.as_deref(), request.uri().path())?;
    refuse_hidden(stripe, request.uri().path())?;
    let shape = Shape::of(version::checked(version)?);
    request.extensions_mut().insert(shape);
    request.extensions_mut().insert(cause.clone());
    let key = cause
        .idempotency_key
        .filter(|_| *request.method() == Method::POST);
    let Some(key) = key else {
        return Ok(next.run(request).await);
    };

    let (parts, body) = request.into_parts();
    let body = read_body(body).await?;
    let mut asked = parts.uri.path().as_bytes().to_vec();
    asked.push(b'\n');
    asked.extend_from_slice(&body);
    let replay = stripe.look(|world| {
        let replay = world.replays.get(&key).cloned();
        replay.filter(|it| world.now() - it.at < KEY_LIFETIME)
    });
    if let Some(replay) = replay {
        if replay.request != asked {
            return Err(Refusal::KeyReused);
        }
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let replayed = (REPLAYED, HeaderValue::from_static("true"));
        return Ok((replay.status, [json, replayed], replay.body).into_response());
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    // A refused request has done nothing, and may be tried anew under its key. A
    // declined card has.
    let done = response.status().is_success() || response.status() == StatusCode::PAYMENT_REQUIRED;
    if !done {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = read_body(body).await?;
    let (status, answer) = (parts.status, body.clone());
    stripe.change(|world| {
        let replay = Replay {
            request: asked,
            at: world.now(),
            status,
            body: answer,
        };
        world.replays.insert(key, replay)
    });
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Refuses a path that names an object the API does not know for now.
fn refuse_hidden(stripe: &FakeStripe, path: &str) -> Result<(), Refusal> {
    stripe.look(|world| {
        let mut names = path.split('/');
        match names.find(|name| world.hidden.contains(*name)) {
            Some(id) => Err(Refusal::Missing {
                object: "object",
                id: id.to_owned(),
            }),
            None => Ok(()),
        }
    })
}

pub(super) async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    let body = to_bytes(body, MAX_BODY).await;
    body.map_err(|error| Refusal::Unreadable {
        problem: error.to_string(),
    })
}

/// The secret key, sent as a bearer token or as the user of basic authentication.
fn credentials(headers: &HeaderMap) -> Option<String> {
    let header = text(headers, &AUTHORIZATION)?;
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (user, _) = decoded.split_once(':')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| user.to_owned())
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
