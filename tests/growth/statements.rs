//! The statements that the store sends, as sqlx logs them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// How often a statement was sent, and how many rows it returned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) sent: u64,
    pub(crate) rows: u64,
}

/// Every statement of the process, by its text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statements(Arc<Mutex<BTreeMap<String, Count>>>);

impl Statements {
    /// What was sent since the last time.
    pub(crate) fn take(&self) -> BTreeMap<String, Count> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut logged = Logged::default();
        event.record(&mut logged);
        let text = match logged.statement.trim() {
            "" => logged.summary,
            statement => statement.to_owned(),
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = known.entry(text).or_default();
        count.sent += 1;
        count.rows += logged.rows;
    }
}

#[derive(Default)]
struct Logged {
    summary: String,
    statement: String,
    rows: u64,
}

impl Visit for Logged {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
