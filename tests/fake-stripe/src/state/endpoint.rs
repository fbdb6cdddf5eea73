//! Where events are sent.

use serde_json::{Value, json};

use super::{Metadata, Resource, World};

/// How many endpoints an account may have.
pub(crate) const MAX_ENDPOINTS: usize = 16;

pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) enabled_events: Vec<String>,
    pub(crate) disabled: bool,
    pub(crate) description: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

impl Endpoint {
    /// Whether events of this type are sent here.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        !self.disabled && self.enabled_events.iter().any(|it| it == "*" || it == kind)
    }
}

impl Resource for Endpoint {
    const KIND: &'static str = "webhook_endpoint";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    // Without the secret, which only the reply to its creation shows.
    fn render(&self, world: &World) -> Value {
        json!({
            "id": self.id,
            "object": Self::KIND,
            "api_version": self.api_version,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": world.livemode,
            "metadata": self.metadata,
            "status": if self.disabled { "disabled" } else { "enabled" },
            "url": self.url,
        })
    }
}
