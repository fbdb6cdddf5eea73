//! Accepts connections, and answers the requests on each.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::activity::{Activity, Watched};
use super::admission::{Admission, Place};

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How many requests one connection may carry.
const MAX_REQUESTS: u32 = 1000;
/// How long to wait when the system has no more descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true, and then for as long as requests are being answered,
/// `drain` at most.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    admission: Admission,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) {
    let mut connections = JoinSet::new();
    let until = stop.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) => match admission.admit(peer.ip()) {
                Some(place) => {
                    let (router, until) = (router.clone(), until.clone());
                    connections.spawn(serve_one(stream, peer, place, router, until));
                }
                None => tracing::warn!(open = admission.count(), "serve.connection_refused"),
            },
            Err(error) => {
                tracing::warn!(%error, open = admission.count(), "serve.accept_failed");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(drain, drained).await.is_err() {
        let open = connections.len();
        tracing::warn!(open, "serve.connections_closed_unfinished");
        connections.shutdown().await;
    }
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are small, and a client waits for each.
    let _ = stream.set_nodelay(true);
    let activity = place.activity.clone();
    let service = Answering {
        router,
        peer,
        activity: activity.clone(),
        answered: Arc::default(),
    };
    let io = TokioIo::new(Watched::new(stream, activity.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD)
        .serve_connection(io, service);
    tokio::pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            served = connection.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(%error, %peer, "serve.connection_failed");
                }
                return;
            }
            () = activity.expired() => {
                tracing::debug!(%peer, "serve.connection_timed_out");
                return;
            }
            () = place.evicted() => {
                tracing::debug!(%peer, "serve.connection_evicted");
                return;
            }
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The routes, for one connection.
#[derive(Clone)]
struct Answering {
    router: Router,
    peer: SocketAddr,
    activity: Activity,
    answered: Arc<AtomicU32>,
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.activity.begin();
        let (router, activity, peer) = (self.router.clone(), self.activity.clone(), self.peer);
        let answered = self.answered.fetch_add(1, Ordering::Relaxed);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        Box::pin(async move {
            let mut response = router.oneshot(request).await?;
            if answered.saturating_add(1) >= MAX_REQUESTS {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            activity.end();
            Ok(response)
        })
    }
}
