//! Carries requests to the issuer, one after the other, and brings replies back.

use alloc::{string::String, vec::Vec};
use core::time::Duration;

use reqwest::Url;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::Shared;
use super::address::is_loopback;
use crate::{ClientError, Method, NetworkError, Nonce, Received, Reply, Request};

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);

/// The way to the issuer. It is set up at the first contact, so that a client can be made
/// where HTTPS cannot: what is missing then is a contact that fails.
pub(super) struct Line {
    http: OnceCell<reqwest::Client>,
    /// The issuer's address, without a slash at its end.
    url: String,
    turn: Mutex<()>,
}

impl Line {
    pub(super) fn new(url: &str) -> Self {
        Self {
            http: OnceCell::new(),
            url: url.trim_end_matches('/').into(),
            turn: Mutex::new(()),
        }
    }

    /// A failure is not kept: the next contact tries again.
    async fn http(&self) -> Result<&reqwest::Client, NetworkError> {
        let http = self.http.get_or_try_init(|| async { set_up(&self.url) });
        http.await
            .map_err(|error| NetworkError::Setup(why(&error).into()))
    }

    /// One contact at a time, so that replies arrive in the order of their requests.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    #[expect(clippy::unused_self, reason = "randomness is the line's affair")]
    pub(super) fn nonce(&self) -> Result<Nonce, ClientError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| ClientError::System {
            what: "drawing a random number",
            why: alloc::format!("{error}"),
        })?;
        Ok(Nonce::from_entropy(&bytes))
    }

    async fn send(&self, request: &Request) -> Result<Arrived, NetworkError> {
        let http = self.http().await?;
        let sent = self.exchange(http, request).await;
        sent.map_err(|error| NetworkError::Unreachable(why(&error).into()))
    }

    async fn exchange(
        &self,
        http: &reqwest::Client,
        request: &Request,
    ) -> Result<Arrived, reqwest::Error> {
        let url = alloc::format!("{}{}", self.url, request.path);
        let mut outgoing = match request.method {
            Method::Get => http.get(url),
            Method::Post => http.post(url),
            Method::Delete => http.delete(url),
        };
        if let Some(authorization) = &request.authorization {
            outgoing = outgoing.header("authorization", authorization.as_str());
        }
        if let Some(body) = &request.body {
            outgoing = outgoing
                .header("content-type", "application/json")
                .body(String::from(body.as_str()));
        }
        let mut response = outgoing.send().await?;
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|it| it.to_str().ok()?.parse().ok());
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > Reply::MAX_BYTES {
                break;
            }
        }
        Ok(Arrived {
            status,
            body,
            retry_after,
        })
    }
}

fn set_up(url: &str) -> Result<reqwest::Client, reqwest::Error> {
    // The app, or another part of it, may have chosen one; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = Url::parse(url).ok();
    let loopback = url.as_ref().is_some_and(is_loopback);
    let builder = || {
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            // A portal redirects; the issuer does not.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("paidup/", env!("CARGO_PKG_VERSION")));
        // A proxy would read the license key, and cannot reach this machine anyway.
        if loopback {
            builder.no_proxy()
        } else {
            builder
        }
    };
    let trusting = builder().build();
    // An issuer without https needs no root certificates.
    trusting.or_else(|error| match url {
        Some(url) if url.scheme() == "http" => builder().tls_certs_only([]).build(),
        _ => Err(error),
    })
}

struct Arrived {
    status: u16,
    body: Vec<u8>,
    retry_after: Option<u64>,
}

impl Shared {
    pub(super) async fn carry(&self, request: Request) -> Result<Received, ClientError> {
        let arrived = self.line.send(&request).await;
        let raw = (self.clock)();
        let mut installation = self.installation();
        let received = match arrived {
            Ok(arrived) => {
                let reply = Reply {
                    status: arrived.status,
                    body: &arrived.body,
                    retry_after: arrived.retry_after,
                };
                installation.receive(request, reply, raw)
            }
            Err(error) => Err(installation.unreached(&request, error, raw)),
        };
        self.settle(installation);
        received
    }
}

/// The innermost cause, which says what happened; the address is the user's affair,
/// and the outer words say "error sending request".
fn why(error: &reqwest::Error) -> String {
    use core::error::Error as _;

    if error.is_timeout() {
        return "it did not reply in time".into();
    }
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(|it| it.source()) {
        cause = Some(inner);
    }
    match cause {
        Some(cause) => alloc::format!("{cause}"),
        None => alloc::format!("{error}"),
    }
}
