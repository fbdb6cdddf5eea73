//! The hosted checkout in miniature: a page that shows the purchase, and a button
//! that pays.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::{Session, SessionStatus, World};

pub(super) async fn show(
    State(stripe): State<FakeStripe>,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    stripe.look(|world| Ok(Html(page(world, world.sessions.get(&id)?))))
}

pub(super) async fn pay(
    State(stripe): State<FakeStripe>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    stripe.complete_checkout(&id).await?;
    let success_url = stripe.look(|world| {
        let session = world.sessions.get(&id)?;
        Ok::<_, Refusal>(session.offer.success_url.clone())
    })?;
    let Some(url) = success_url else {
        return Ok(show(State(stripe), Path(id)).await.into_response());
    };
    Ok(Redirect::to(&url.replace("{CHECKOUT_SESSION_ID}", &id)).into_response())
}

fn page(world: &World, session: &Session) -> String {
    let lines: String = session
        .line_items(world)
        .iter()
        .map(|line| {
            let what = line["description"].as_str().unwrap_or_default();
            let quantity = line["quantity"].as_i64().unwrap_or_default();
            let total = money(line["amount_total"].as_i64().unwrap_or_default());
            format!("<li>{quantity} × {} <b>{total}</b></li>", escape(what))
        })
        .collect();
    let email = session.email.as_deref().unwrap_or("a guest");
    let total = money(session.total(world));
    let end = match session.status {
        SessionStatus::Open => {
            format!("<form method=\"post\"><button>Pay {total}</button></form>")
        }
        SessionStatus::Complete => "<p>Paid. Thank you.</p>".to_owned(),
        SessionStatus::Expired => "<p>This session has expired.</p>".to_owned(),
    };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Fake checkout</title>\
         <body style=\"font-family:sans-serif;max-width:30em;margin:4em auto\">\
         <h1>Fake checkout</h1><p>For {}, no money moves.</p><ul>{lines}</ul>{end}</body></html>",
        escape(email)
    )
}

fn money(cents: i64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
