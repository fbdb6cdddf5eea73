//! `/v1/disputes`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::state::{Dispute, DisputeStatus, Metadata};

#[derive(Deserialize)]
pub(super) struct UpdateForm {
    #[serde(default)]
    evidence: Metadata,
    #[serde(default = "at_once")]
    submit: bool,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

fn at_once() -> bool {
    true
}

pub(super) async fn update(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<UpdateForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        let evidence = form.evidence.get("uncategorized_text");
        let submitted = form.submit && !form.evidence.is_empty();
        world.answer_dispute(&id, submitted, form.metadata.clone())?;
        // The words with which Stripe's sandboxes decide a dispute.
        match evidence.map(String::as_str).filter(|_| submitted) {
            Some("winning_evidence") => world.close_dispute(&id, DisputeStatus::Won)?,
            Some("losing_evidence") => world.close_dispute(&id, DisputeStatus::Lost)?,
            _ => (),
        }
        world.show::<Dispute>(&id)
    })
}

/// The vendor gives in.
pub(super) async fn close(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        let end = match world.disputes.get(&id)?.status.is_inquiry() {
            true => DisputeStatus::WarningClosed,
            false => DisputeStatus::Lost,
        };
        world.close_dispute(&id, end)?;
        world.show::<Dispute>(&id)
    })
}

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Dispute>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DisputeFilter {
    charge: Option<String>,
    payment_intent: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<DisputeFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/disputes", |it: &Dispute| {
            filter
                .charge
                .as_ref()
                .is_none_or(|charge| it.charge == *charge)
                && filter
                    .payment_intent
                    .as_ref()
                    .is_none_or(|id| it.payment_intent == *id)
        })
    })
}
