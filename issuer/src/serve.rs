//! Runs an issuer: the HTTP server and the workers, until told to stop.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{App, OtherIssuer, StartError};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::http;
use crate::settings::{Listen, Settings};

/// An issuer that is running.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The issuer itself.
    pub app: App,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
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
    /// The server failed.
    #[error("the server failed")]
    Server(#[source] std::io::Error),
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
    let app = App::start(settings, clock, entropy, other).await?;
    let (stop, stopped) = watch::channel(false);
    let mut until = stopped.clone();
    let router = http::router(app.clone());
    let server = tokio::spawn(async move {
        let shutdown = async move {
            let _ = until.wait_for(|stop| *stop).await;
        };
        axum::serve(listener, router)
            .with_graceful_shutdown(shutdown)
            .await
    });
    let worker = app.clone();
    let workers = tokio::spawn(async move { worker.work(stopped).await });
    Ok(Running {
        address,
        app,
        stop,
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

    /// Finishes what was begun, and stops.
    ///
    /// # Errors
    /// [`ServeError::Server`] where the server had failed.
    pub async fn stop(self) -> Result<(), ServeError> {
        let _ = self.stop.send(true);
        let served = self.server.await;
        let _ = self.workers.await;
        self.app.store().close().await;
        match served {
            Ok(Err(error)) => Err(ServeError::Server(error)),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}
