//! Changes things on the stage when a script asks for it over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use paidup_tests::{Failure, Outcome, Stage};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// Somebody behind the scenes.
pub(crate) struct Stagehand {
    /// Where to ask.
    pub(crate) url: String,
    _server: tokio::task::JoinHandle<()>,
}

struct Props {
    stage: Stage,
    subscription: String,
    /// How often the payment has failed.
    suspended: usize,
}

type Shared = Arc<Mutex<Props>>;

impl Stagehand {
    pub(crate) async fn hire(stage: Stage, subscription: String) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let props = Props {
            stage,
            subscription,
            suspended: 0,
        };
        let router = Router::new()
            .route("/{wish}", post(grant))
            .with_state(Arc::new(Mutex::new(props)));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            url,
            _server: server,
        })
    }
}

async fn grant(State(props): State<Shared>, Path(wish): Path<String>) -> (StatusCode, String) {
    match carry_out(&mut *props.lock().await, &wish).await {
        Ok(()) => (StatusCode::OK, String::new()),
        Err(failure) => (StatusCode::INTERNAL_SERVER_ERROR, failure.to_string()),
    }
}

/// Returns when the issuer has taken it in.
async fn carry_out(props: &mut Props, wish: &str) -> Outcome {
    let (stage, subscription) = (&mut props.stage, &props.subscription);
    match wish {
        "fail-renewal" => {
            stage.stripe.fail_renewal(subscription).await?;
            props.suspended += 1;
            stage
                .vendor
                .nth("license.suspended", props.suspended)
                .await?;
        }
        "pay" => {
            stage.stripe.pay_latest_invoice(subscription).await?;
            stage
                .vendor
                .nth("license.reinstated", props.suspended)
                .await?;
        }
        "cancel" => {
            stage.stripe.cancel(subscription).await?;
            stage.vendor.first("license.updated").await?;
        }
        "off" => stage.switch_off().await?,
        "on" => stage.switch_on().await?,
        "a-day-passes" => stage.advance(paidup_tests::DAY),
        _ => return Err(format!("there is no wish {wish}").into()),
    }
    Ok(())
}
