//! What the issuer does, between its edges: events become licenses, licenses
//! become tokens, changes become webhooks.

mod access;
mod announce;
mod apply;
mod ask;
mod ask_more;
mod catalog;
mod connect;
mod customer;
mod deliver;
mod endpoints;
mod ingest;
mod issuer;
mod keys;
mod known;
mod lanes;
mod license_key;
mod look;
mod lookup;
mod machines;
mod orders;
mod provision;
mod reconcile;
mod record;
mod retry;
mod start;
mod stuck;
mod sweep;
mod targets;
mod tokens;
mod trouble;
mod unmapped;
mod view;
mod why;
mod worker;

use std::sync::atomic::AtomicI64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use backon::ExponentialBuilder;
use paidup_stripe::WebhookSecret;
use tokio::sync::Notify;

use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::settings::{Mode, Settings};
use crate::store::Store;
use crate::vault::Vault;

pub use access::{AccessError, Scope};
pub use announce::Change;
pub use connect::{
    ConnectError, Connected, EndpointStatus, Outcome as ConnectOutcome, Status as StripeStatus,
};
pub use deliver::{DeliverError, sign_licentric, sign_standard};
pub use ingest::{Inbox, IngestError, Receipt};
pub use keys::{KeyChange, Keys, KeysError, KeysetChangeError};
pub use lookup::{LookupError, Match};
pub use orders::OrderError;
pub use reconcile::{Finding, Progress};
pub use record::Record;
pub use start::{OtherIssuer, StartError};
pub use stuck::{OldestEvent, StuckEvents};
pub use sweep::{LookError, Swept};
pub use tokens::{
    Activation, Checkout, IssueError, Issued, MachineView, OfflineAnswer, Renewal, Validation,
    ValidationRequest,
};
pub use unmapped::UnmappedPrice;
pub use view::{LicenseView, iso8601};
pub(crate) use why::KEY_REISSUED;
pub use why::{Known, Note, Step, StepEvent, Why};

/// How to begin anew where two issuers met over the same rows: soon, often, and not in
/// step with the other.
const MEETING: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(5))
    .with_max_delay(Duration::from_millis(500))
    .with_max_times(10)
    .with_jitter();

/// An issuer at work. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    store: Store,
    keys: RwLock<Arc<Keys>>,
    vault: Vault,
    clock: Clock,
    entropy: Entropy,
    mode: Mode,
    issuer: issuer::Name,
    catalog: RwLock<Arc<Catalog>>,
    connection: connect::Connection,
    /// The number of the last question to Stripe.
    questions: AtomicI64,
    webhook_secrets: Vec<WebhookSecret>,
    inbox: Inbox,
    egress: reqwest::Client,
    /// Rung when there may be something to do.
    bell: Bell,
    secrets: connect::Secrets,
    compared: endpoints::Compared,
    settings: Settings,
    troubles: trouble::Troubles,
    /// Which node this is: the same after a restart, and of no other issuer.
    node: String,
    targets: targets::Targets,
    failures: lanes::Failures,
}

/// Wakes the workers.
#[derive(Debug, Default)]
struct Bell {
    events: Notify,
    deliveries: Notify,
}

impl App {
    /// Has the workers look at once for what there is to do.
    pub fn ring(&self) {
        self.0.bell.events.notify_one();
        self.0.bell.deliveries.notify_one();
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// How it runs.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Test data or real money.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.0.mode
    }

    /// What is sold, as of now.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(
            &self
                .0
                .catalog
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("mode", &self.0.mode)
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}
