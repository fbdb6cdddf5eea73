//! `/v1/events`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Reply};
use super::form::ListParams;
use crate::event::Event;

pub(super) async fn retrieve(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| world.show::<Event>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventFilter {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    types: Vec<String>,
    delivery_success: Option<bool>,
}

pub(super) async fn list(call: Call, params: ListParams<EventFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/events", |event: &Event| {
            let delivered = event.pending_webhooks == 0;
            filter
                .kind
                .as_ref()
                .is_none_or(|kind| matches(kind, event.kind))
                && (filter.types.is_empty()
                    || filter.types.iter().any(|kind| matches(kind, event.kind)))
                && filter
                    .delivery_success
                    .is_none_or(|success| success == delivered)
        })
    })
}

/// `invoice.*` is every type that begins with `invoice.`.
fn matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => kind.starts_with(prefix),
        None => kind == pattern,
    }
}
