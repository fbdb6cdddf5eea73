//! Runs an issuer: the HTTP server and the workers, until told to stop.

mod activity;
mod admission;
mod descriptors;
mod server;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{App, OtherIssuer, StartError};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::http;
use crate::settings::{Listen, Settings};
use admission::{Admission, Bounds};

/// How long the database may take to close.
const CLOSE: Duration = Duration::from_secs(2);

/// An issuer that is running.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The issuer itself.
    pub app: App,
    stop: watch::Sender<bool>,
    drain: Duration,
    server: JoinHandle<()>,
    workers: JoinHandle<()>,
}

/// Why an issuer does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// It does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}; choose another address with PAIDUP_LISTEN or --listen")]
    Listen {
        /// The address.
        address: Listen,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// Starts an issuer; it serves when this returns.
///
/// # Errors
/// [`ServeError`]: what has to be mended first.
pub async fn serve(
    mut settings: Settings,
    clock: Clock,
    entropy: Entropy,
    other: OtherIssuer,
) -> Result<Running, ServeError> {
    let asked = settings.listen.clone();
    let listen = |source| ServeError::Listen {
        address: asked.clone(),
        source,
    };
    let listener = bind(&asked).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    // Port 0 is known only now, and the default name of the issuer carries it.
    settings.listen = asked.on_port(address.port());
    let drain = settings.server.shutdown_timeout;
    let admission = Admission::new(Bounds {
        total: settings.server.max_connections.min(descriptors::raise()),
        per_address: settings.server.max_connections_per_address,
    });
    let app = App::start(settings, clock, entropy, other).await?;
    let (stop, stopped) = watch::channel(false);
    let router = http::router(app.clone());
    let server = server::serve(listener, router, admission, stopped.clone(), drain);
    let server = tokio::spawn(server);
    let worker = app.clone();
    let workers = tokio::spawn(async move { worker.work(stopped).await });
    Ok(Running {
        address,
        app,
        stop,
        drain,
        server,
        workers,
    })
}

/// A name may have addresses of both families. IPv4 comes first: what connects to
/// `localhost` tries it too.
async fn bind(listen: &Listen) -> std::io::Result<TcpListener> {
    let found = tokio::net::lookup_host((listen.host(), listen.port())).await?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    TcpListener::bind(addresses.as_slice()).await
}

impl Running {
    /// `http://…` of this issuer.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Finishes what was begun, for as long as the settings allow, and stops. What was
    /// acknowledged is stored, and the next start applies it.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.server.await;
        let mut workers = self.workers;
        if tokio::time::timeout(self.drain, &mut workers)
            .await
            .is_err()
        {
            tracing::warn!("serve.workers_stopped_unfinished");
            workers.abort();
        }
        let close = self.app.store().close();
        if tokio::time::timeout(CLOSE, close).await.is_err() {
            tracing::warn!("serve.database_not_closed");
        }
    }
}
