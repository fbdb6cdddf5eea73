//! The handle on a running fake Stripe: its address, what it has sent so far, and
//! when to send what comes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::builder::Builder;
use crate::delivery::{Chaos, Courier, Delivery, Post};
use crate::event::{Cause, Event};
use crate::fault::ApiFaults;
use crate::http;
use crate::refusal::Refusal;
use crate::state::World;

/// A running fake Stripe. Clones share it; when the last is dropped, it stops.
#[derive(Clone)]
pub struct FakeStripe {
    courier: Arc<Courier>,
    base_url: Arc<str>,
    api_key: Arc<str>,
    // The server's own handle has none, so that it does not keep itself alive.
    server: Option<Arc<Server>>,
}

struct Server {
    running: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

impl FakeStripe {
    /// Begins the settings of a fake Stripe.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn serve(courier: Courier, listener: TcpListener, api_key: String) -> Self {
        let base_url = courier.world().base_url.clone();
        let mut stripe = Self {
            courier: Arc::new(courier),
            base_url: base_url.into(),
            api_key: api_key.into(),
            server: None,
        };
        let (stop, stopped) = oneshot::channel();
        let router = http::router(stripe.clone());
        let task = tokio::spawn(async move {
            // A dropped sender stops it too.
            let until = async move { stopped.await.unwrap_or_default() };
            let _ = axum::serve(listener, router)
                .with_graceful_shutdown(until)
                .await;
        });
        let running = Mutex::new(Some((stop, task)));
        stripe.server = Some(Arc::new(Server { running }));
        stripe
    }

    /// Stops serving and delivering. What was waiting for a retry is forgotten.
    pub async fn stop(&self) {
        self.courier.world().post.close();
        let Some(server) = &self.server else { return };
        let running = server
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((stop, task)) = running {
            drop(stop);
            let _ = task.await;
        }
    }

    /// `http://127.0.0.1:PORT`, without a path.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The secret key that the API accepts.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The time by the fake's clock, in Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.courier.world().now()
    }

    /// Puts the fake's clock ahead of the one it was given. Whoever checks its
    /// signatures needs a clock that agrees.
    pub fn advance_clock(&self, seconds: i64) {
        self.courier.world().time.advance(seconds);
    }

    /// Everything that happened so far, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.courier
            .world()
            .events
            .oldest_first()
            .cloned()
            .collect()
    }

    /// One event.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is none of this id.
    pub fn event(&self, id: &str) -> Result<Event, Refusal> {
        self.courier.world().events.get(id).cloned()
    }

    /// One event as the body of a webhook, rendered as this API version does.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is none of this id.
    pub fn event_body(&self, id: &str, api_version: &str) -> Result<Value, Refusal> {
        let world = self.courier.world();
        Ok(world.events.get(id)?.render_as(&world, api_version))
    }

    /// Every delivery that was tried, in the order of the answers.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.courier.world().post.log.tried().to_vec()
    }

    /// Waits until no delivery is under way, due or delayed by [`Chaos`]. A failed
    /// one that waits for its next try, and any that are held, are not due.
    pub async fn settled(&self) {
        self.courier.wait(Post::is_settled).await;
    }

    /// Keeps deliveries back from now on, so that [`deliver`](Self::deliver) can
    /// bring them in any order, twice, or never.
    pub fn hold_deliveries(&self) {
        self.courier.world().post.hold();
    }

    /// Sends what was kept back, oldest first, and keeps nothing back any more.
    pub fn release_deliveries(&self) {
        self.courier.world().post.release();
        self.courier.pump();
    }

    /// The ids of the events that have not arrived everywhere yet, oldest first.
    #[must_use]
    pub fn pending(&self) -> Vec<String> {
        self.courier.world().post.pending()
    }

    /// Brings an event to every endpoint that wants it now, even if it is held or
    /// has arrived before, and gives what each answered. Once it has arrived it
    /// is no longer pending.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no such event.
    pub async fn deliver(&self, event: &str) -> Result<Vec<Delivery>, Refusal> {
        let endpoints = self.endpoints_for(event)?;
        let mut deliveries = Vec::new();
        for endpoint in endpoints {
            deliveries.extend(self.courier.send_now(event, &endpoint).await);
        }
        Ok(deliveries)
    }

    /// Queues an event once more, as the dashboard's Resend does.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no such event.
    pub fn resend(&self, event: &str) -> Result<(), Refusal> {
        for endpoint in self.endpoints_for(event)? {
            self.courier.world().post.enqueue(event, &endpoint);
        }
        self.courier.pump();
        Ok(())
    }

    /// Loses an event on its way: what is pending of it is never sent.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no such event.
    pub fn drop_event(&self, event: &str) -> Result<(), Refusal> {
        let mut world = self.courier.world();
        world.events.get(event)?;
        world.post.drop_event(event, None);
        Ok(())
    }

    /// While unreachable, the API answers 503 and nothing else. Webhooks go on.
    pub fn set_unreachable(&self, unreachable: bool) {
        self.courier.world().faults.unreachable = unreachable;
    }

    /// The API no longer knows this object: a request of it is answered 404, and lists
    /// are without it.
    pub fn hide(&self, id: &str) {
        self.courier.world().hidden.insert(id.to_owned());
    }

    /// The API knows the object again.
    pub fn reveal(&self, id: &str) {
        self.courier.world().hidden.remove(id);
    }

    /// The API answers the next `count` requests with this status.
    pub fn fail_next_requests(&self, count: u32, status: u16) {
        self.courier.world().faults.fail_next(count, status);
    }

    /// The API takes this long, in real time, to answer each of the next `count`
    /// requests.
    pub fn slow_next_requests(&self, count: u32, delay: Duration) {
        self.courier.world().faults.slow_next(count, delay);
    }

    /// What goes wrong with the API from now on.
    pub fn set_api_faults(&self, faults: ApiFaults) {
        self.courier.world().faults.set(faults);
    }

    /// What goes wrong with the deliveries of what happens from now on.
    pub fn set_chaos(&self, chaos: Chaos) {
        self.courier.world().post.set_chaos(chaos);
    }

    /// The ids of the events that [`Chaos::losses`] has swallowed, oldest first,
    /// once for each endpoint that they did not reach.
    #[must_use]
    pub fn lost(&self) -> Vec<String> {
        self.courier.world().post.lost().to_vec()
    }

    /// Lets something happen, and waits until each event of it has been tried once
    /// at every endpoint that wants it, unless deliveries are held.
    pub(crate) async fn act<T>(
        &self,
        happen: impl FnOnce(&mut World) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let (result, caused) = {
            let mut world = self.courier.world();
            let first = world.post.mark();
            let result = happen(&mut world);
            (result, first..world.post.mark())
        };
        self.courier.pump();
        self.courier.wait(|post| post.tried(caused.clone())).await;
        result
    }

    /// Does what an API request asks for, without waiting for any delivery.
    pub(crate) fn request<T>(
        &self,
        cause: Cause,
        answer: impl FnOnce(&mut World) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let result = {
            let mut world = self.courier.world();
            world.cause = cause;
            let result = answer(&mut world);
            world.cause = Cause::default();
            result
        };
        self.courier.pump();
        result
    }

    /// Changes what needs no delivery.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.courier.world())
    }

    /// Reads what the fake knows.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        read(&self.courier.world())
    }

    fn endpoints_for(&self, event: &str) -> Result<Vec<String>, Refusal> {
        let world = self.courier.world();
        let kind = world.events.get(event)?.kind;
        let wanting = world.endpoints.oldest_first().filter(|it| it.wants(kind));
        Ok(wanting.map(|endpoint| endpoint.id.clone()).collect())
    }
}
