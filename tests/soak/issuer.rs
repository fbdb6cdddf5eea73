//! The real issuer, asked without a socket.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use paidup::{PublicKey, Reply, Request};
use paidup_issuer::Root;
use paidup_issuer::app::KeyChange;
use paidup_issuer::http::router;
use paidup_issuer::store::{events, licenses};
use paidup_tests::{Database, Failure, Stage};
use tower::ServiceExt as _;

/// A license that was bought.
#[derive(Debug, Clone)]
pub(crate) struct License {
    pub(crate) subscription: String,
    pub(crate) key: String,
    /// From when on what is known to whoever asks: the history of its standing.
    pub(crate) history: Vec<(i64, Truth)>,
}

/// What is true of a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    Paid,
    Suspended,
    /// Canceled, with a grace until then.
    GraceUntil(i64),
}

impl License {
    pub(crate) fn truth(&self, at: i64) -> Truth {
        let so_far = self.history.iter().take_while(|(from, _)| *from <= at);
        so_far.last().map_or(Truth::Paid, |(_, truth)| *truth)
    }
}

pub(crate) struct Issuer {
    pub(crate) stage: Stage,
    pub(crate) root: Root,
    pub(crate) licenses: Vec<License>,
    router: Router,
}

impl Issuer {
    /// Opens a shop in which so many customers have bought.
    pub(crate) async fn open(count: usize) -> Result<Self, Failure> {
        let stage = Stage::set(Database::Sqlite).await?;
        let root = stage.make_root().await?;
        for n in 0..count {
            let email = format!("customer-{n}@example.com");
            stage.stripe.buy("price_growth_monthly", &email).await?;
        }
        let router = router(stage.issuer()?.app.clone());
        let mut issuer = Self {
            stage,
            root,
            licenses: Vec::new(),
            router,
        };
        issuer.settle().await?;
        let app = issuer.stage.issuer()?.app.clone();
        let mut db = app.store().read().await?;
        for row in licenses::list(&mut db).await? {
            issuer.licenses.push(License {
                key: app.license_key(&row)?,
                subscription: row.subscription.unwrap_or_default(),
                history: Vec::new(),
            });
        }
        assert_eq!(issuer.licenses.len(), count);
        Ok(issuer)
    }

    /// Waits until everything that Stripe has told is applied.
    pub(crate) async fn settle(&self) -> Result<(), Failure> {
        self.stage.stripe.settled().await;
        let store = self.stage.store()?;
        loop {
            let waiting = events::count_waiting(&mut *store.read().await?).await?;
            if waiting == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.stage.now()
    }

    pub(crate) fn advance_to(&self, at: i64) {
        self.stage.advance((at - self.now()).max(0));
    }

    pub(crate) fn root(&self) -> PublicKey {
        self.root.public_key().clone()
    }

    pub(crate) async fn change_keys(&self, change: &KeyChange) -> Result<(), Failure> {
        self.stage.change_keys(&self.root, change).await
    }

    /// Brings a request to the issuer: status, body and when to come again.
    pub(crate) async fn ask(&self, request: &Request) -> Result<(u16, Vec<u8>), Failure> {
        let mut http = HttpRequest::builder()
            .method(request.method.as_str())
            .uri(&request.path)
            .header("content-type", "application/json");
        if let Some(authorization) = &request.authorization {
            http = http.header("authorization", authorization.as_str());
        }
        let body = request.body.as_ref().map(|it| it.to_string());
        let http = http.body(Body::from(body.unwrap_or_default()))?;
        let response = self.router.clone().oneshot(http).await?;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), Reply::MAX_BYTES).await?;
        Ok((status, body.to_vec()))
    }
}
