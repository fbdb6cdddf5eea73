//! Starts a fake Stripe as a test wants it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::billing::AfterDunning;
use crate::clock::{self, Clock, Time};
use crate::delivery::{Chaos, Courier};
use crate::fault::ApiFaults;
use crate::handle::FakeStripe;
use crate::id::Ids;
use crate::state::World;
use crate::version::API_VERSION;

/// Settings of a fake Stripe. Each has a default that suits a test.
#[derive(Clone)]
pub struct Builder {
    clock: Clock,
    account: String,
    livemode: bool,
    listen: SocketAddr,
    api_key: Option<String>,
    retry_schedule: Vec<Duration>,
    delivery_timeout: Duration,
    concurrent_deliveries: usize,
    after_dunning: AfterDunning,
    seed: Option<u64>,
    chaos: Chaos,
    api_faults: ApiFaults,
    api_version: String,
}

/// Why a fake Stripe did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The HTTP client that delivers webhooks cannot be built.
    #[error("cannot build the HTTP client")]
    Client(#[from] reqwest::Error),
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            clock: clock::system(),
            account: "acct_fake".to_owned(),
            livemode: false,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_key: None,
            retry_schedule: [1, 5, 30, 120, 600].map(Duration::from_secs).to_vec(),
            delivery_timeout: Duration::from_secs(10),
            concurrent_deliveries: 1,
            after_dunning: AfterDunning::default(),
            seed: None,
            chaos: Chaos::none(),
            api_faults: ApiFaults::none(),
            api_version: API_VERSION.to_owned(),
        }
    }
}

impl Builder {
    /// Where time comes from, by default the system's clock. Objects, events,
    /// signatures and the `Date` header all follow it.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The account's id, by default `acct_fake`.
    #[must_use]
    pub fn account(mut self, id: &str) -> Self {
        id.clone_into(&mut self.account);
        self
    }

    /// Whether this is live mode; by default it is not.
    #[must_use]
    pub fn livemode(mut self, livemode: bool) -> Self {
        self.livemode = livemode;
        self
    }

    /// The address to listen on, by default a free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The API's key, by default a random `sk_test_…` or `sk_live_…`.
    #[must_use]
    pub fn api_key(mut self, key: &str) -> Self {
        self.api_key = Some(key.to_owned());
        self
    }

    /// The pauses between the tries of a delivery, by default from one second to
    /// ten minutes; when they are used up, the fake gives up. They are real time,
    /// not the clock's.
    #[must_use]
    pub fn retry_schedule(mut self, pauses: Vec<Duration>) -> Self {
        self.retry_schedule = pauses;
        self
    }

    /// How long an endpoint may take to answer, by default ten seconds.
    #[must_use]
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.delivery_timeout = timeout;
        self
    }

    /// How many deliveries may be under way to one endpoint, by default one: first
    /// tries then arrive in the order of the events, which Stripe does not promise.
    #[must_use]
    pub fn concurrent_deliveries(mut self, count: usize) -> Self {
        self.concurrent_deliveries = count.max(1);
        self
    }

    /// What becomes of a subscription when the last retry has failed, by default
    /// its end.
    #[must_use]
    pub fn after_dunning(mut self, after: AfterDunning) -> Self {
        self.after_dunning = after;
        self
    }

    /// What goes wrong with deliveries, by default nothing.
    #[must_use]
    pub fn chaos(mut self, chaos: Chaos) -> Self {
        self.chaos = chaos;
        self
    }

    /// What goes wrong with the API, by default nothing.
    #[must_use]
    pub fn api_faults(mut self, faults: ApiFaults) -> Self {
        self.api_faults = faults;
        self
    }

    /// Makes ids, secrets and what goes wrong by chance the same in every run, by
    /// default they are random.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The account's default API version, by default [`API_VERSION`]. It shapes the
    /// log of events, and whatever does not name a version of its own: answers to
    /// requests without a `Stripe-Version`, webhooks to endpoints without one.
    #[must_use]
    pub fn api_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.api_version);
        self
    }

    /// Starts it. It serves until [`FakeStripe::stop`] or until the last handle is
    /// dropped.
    ///
    /// # Errors
    /// [`StartError`] where the address is taken.
    pub async fn start(self) -> Result<FakeStripe, StartError> {
        let address = self.listen;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let http = self.client()?;
        let mut ids = Ids::new(self.seed);
        let prefix = if self.livemode {
            "sk_live_"
        } else {
            "sk_test_"
        };
        let api_key = self.api_key.unwrap_or_else(|| ids.secret(prefix));
        let mut world = World::new(
            self.account,
            self.livemode,
            Time::new(self.clock),
            ids,
            self.seed,
        );
        world.post.set_chaos(self.chaos);
        world.faults.set(self.api_faults);
        world.base_url = format!("http://{address}");
        world.after_dunning = self.after_dunning;
        world.api_version = self.api_version;
        let courier = Courier::new(world, http, self.concurrent_deliveries, self.retry_schedule);
        Ok(FakeStripe::serve(courier, listener, api_key))
    }

    fn client(&self) -> Result<reqwest::Client, StartError> {
        // The process may have chosen a provider already; then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(self.delivery_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(client)
    }
}
