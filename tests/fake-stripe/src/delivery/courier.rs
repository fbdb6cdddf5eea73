//! Sends what is due, and tries again what failed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::log::Delivery;
use super::post::Post;
use super::signature;
use crate::state::World;

const AGENT: &str = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";

/// The world, and the one who carries its events out of it.
pub(crate) struct Courier {
    world: Mutex<World>,
    changed: watch::Sender<()>,
    http: reqwest::Client,
    runtime: Handle,
    lanes: usize,
    pauses: Vec<Duration>,
}

/// A signed event, ready to be sent.
struct Letter {
    event: String,
    kind: &'static str,
    endpoint: String,
    url: String,
    body: String,
    signature: String,
    at: i64,
}

impl Courier {
    pub(crate) fn new(
        world: World,
        http: reqwest::Client,
        lanes: usize,
        pauses: Vec<Duration>,
    ) -> Self {
        let (changed, _) = watch::channel(());
        Self {
            world: Mutex::new(world),
            changed,
            http,
            runtime: Handle::current(),
            lanes,
            pauses,
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts what is due.
    pub(crate) fn pump(self: &Arc<Self>) {
        let (due, late) = {
            let post = &mut self.world().post;
            (post.take_due(self.lanes), post.take_late())
        };
        for (id, pause) in late {
            self.runtime
                .spawn(resume_after(Arc::downgrade(self), id, pause));
        }
        for parcel in due {
            let courier = Arc::clone(self);
            self.runtime
                .spawn(async move { courier.carry(parcel).await });
        }
        self.changed.send_replace(());
    }

    /// Waits until the queue is as `reached` wants it.
    pub(crate) async fn wait(&self, reached: impl Fn(&Post) -> bool) {
        let mut changed = self.changed.subscribe();
        while !reached(&self.world().post) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sends an event to an endpoint now, whatever the queue says.
    pub(crate) async fn send_now(&self, event: &str, endpoint: &str) -> Option<Delivery> {
        let letter = Letter::write(&self.world(), event, endpoint)?;
        let status = self.send(&letter).await;
        let mut world = self.world();
        let delivery = letter.record(&mut world, status);
        if delivery.succeeded() {
            world.post.drop_event(event, Some(endpoint));
        }
        drop(world);
        self.changed.send_replace(());
        Some(delivery)
    }

    async fn carry(self: Arc<Self>, id: u64) {
        let letter = {
            let mut world = self.world();
            let Some(parcel) = world.post.parcel(id).cloned() else {
                return;
            };
            let letter = Letter::write(&world, &parcel.event, &parcel.endpoint);
            if letter.is_none() {
                world.post.discard(id);
            }
            letter
        };
        if let Some(letter) = letter {
            let status = self.send(&letter).await;
            self.conclude(id, letter, status);
        }
        self.pump();
    }

    fn conclude(self: &Arc<Self>, id: u64, letter: Letter, status: Option<u16>) {
        let mut world = self.world();
        let delivery = letter.record(&mut world, status);
        let tries = world.post.parcel(id).map_or(0, |parcel| parcel.attempts);
        let pause = usize::try_from(tries)
            .ok()
            .and_then(|tries| self.pauses.get(tries).copied());
        match pause {
            Some(pause) if !delivery.succeeded() => {
                world.post.postpone(id);
                drop(world);
                self.runtime
                    .spawn(resume_after(Arc::downgrade(self), id, pause));
            }
            _ => world.post.discard(id),
        }
    }

    async fn send(&self, letter: &Letter) -> Option<u16> {
        let request = self
            .http
            .post(&letter.url)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header(USER_AGENT, AGENT)
            .header(signature::HEADER, &letter.signature)
            .body(letter.body.clone());
        request
            .send()
            .await
            .ok()
            .map(|reply| reply.status().as_u16())
    }
}

// Holds no courier while it sleeps: a stopped Stripe need not wait for it.
async fn resume_after(courier: Weak<Courier>, id: u64, pause: Duration) {
    tokio::time::sleep(pause).await;
    if let Some(courier) = courier.upgrade() {
        courier.world().post.resume(id);
        courier.pump();
    }
}

impl Letter {
    /// Nothing to send where the endpoint is gone or disabled.
    fn write(world: &World, event: &str, endpoint: &str) -> Option<Self> {
        let event = world.events.get(event).ok()?;
        let endpoint = world
            .endpoints
            .get(endpoint)
            .ok()
            .filter(|it| !it.disabled)?;
        let version = endpoint.api_version.as_ref().unwrap_or(&world.api_version);
        let body = serde_json::to_string_pretty(&event.render_as(world, version)).ok()?;
        let at = world.now();
        Some(Self {
            event: event.id.clone(),
            kind: event.kind,
            endpoint: endpoint.id.clone(),
            url: endpoint.url.clone(),
            signature: signature::header(&endpoint.secret, at, &body),
            body,
            at,
        })
    }

    fn record(self, world: &mut World, status: Option<u16>) -> Delivery {
        let (delivery, arrives) = world.post.log.record(Delivery {
            event: self.event,
            kind: self.kind,
            endpoint: self.endpoint,
            attempt: 0,
            at: self.at,
            signature: self.signature,
            status,
        });
        if arrives && let Ok(event) = world.events.get_mut(&delivery.event) {
            event.pending_webhooks = event.pending_webhooks.saturating_sub(1);
        }
        delivery
    }
}
