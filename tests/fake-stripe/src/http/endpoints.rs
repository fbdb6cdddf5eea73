//! `/v1/webhook_endpoints`.

use axum::extract::Path;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Reply};
use super::form::{ListParams, Params, Unfiltered};
use crate::refusal::Refusal;
use crate::state::{Endpoint, Metadata, Resource, add_field};

#[derive(Deserialize)]
pub(super) struct EndpointForm {
    url: Option<String>,
    #[serde(default)]
    enabled_events: Vec<String>,
    api_version: Option<String>,
    description: Option<String>,
    disabled: Option<bool>,
    #[serde(default)]
    metadata: Metadata,
}

// The only reply that shows the secret.
pub(super) async fn create(call: Call, Params(form): Params<EndpointForm>) -> Reply {
    call.answer(&[], |world| {
        let url = form
            .url
            .as_deref()
            .ok_or(Refusal::MissingParameter { param: "url" })?;
        let version = form.api_version.as_deref();
        let id = world.add_endpoint(url, form.enabled_events.clone(), version)?;
        let endpoint = world.endpoints.get_mut(&id)?;
        form.apply(endpoint);
        let secret = endpoint.secret.clone();
        let mut shown = world.show::<Endpoint>(&id)?;
        add_field(&mut shown, "secret", secret);
        Ok(shown)
    })
}

pub(super) async fn update(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<EndpointForm>,
) -> Reply {
    call.answer(&[], |world| {
        form.apply(world.endpoints.get_mut(&id)?);
        world.show::<Endpoint>(&id)
    })
}

pub(super) async fn retrieve(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| world.show::<Endpoint>(&id))
}

pub(super) async fn delete(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.endpoints.remove(&id)?;
        Ok(json!({ "id": id, "object": Endpoint::KIND, "deleted": true }))
    })
}

pub(super) async fn list(call: Call, params: ListParams<Unfiltered>) -> Reply {
    call.answer(&params.paging.expand, |world| {
        params
            .paging
            .list(world, "/v1/webhook_endpoints", |_: &Endpoint| true)
    })
}

impl EndpointForm {
    // The API version stays what it was at creation.
    fn apply(&self, endpoint: &mut Endpoint) {
        if let Some(url) = &self.url {
            endpoint.url.clone_from(url);
        }
        if !self.enabled_events.is_empty() {
            endpoint.enabled_events.clone_from(&self.enabled_events);
        }
        endpoint.description = self.description.clone().or(endpoint.description.take());
        endpoint.disabled = self.disabled.unwrap_or(endpoint.disabled);
        endpoint.metadata.extend(self.metadata.clone());
    }
}
