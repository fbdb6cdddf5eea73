//! Where the license stands, in words that a customer understands.

use chrono::{DateTime, Utc};
use paidup::blocking::Client;
use paidup::{Answer, Code, License, UnixTime};

/// One or two sentences on the license as it is now.
#[must_use]
pub fn standing(client: &Client) -> String {
    let answer = client.check();
    let mut text = sentence(&answer);
    if let Some(since) = client
        .failing_since()
        .filter(|_| answer.license().is_some())
    {
        text.push_str(&format!(
            " The license server has not been reached since {}.",
            date(since)
        ));
    }
    text
}

fn sentence(answer: &Answer) -> String {
    let Some(license) = answer.license() else {
        return format!("{} {}", answer.code().meaning(), answer.code().next_step());
    };
    let plan = plan(license);
    match answer.code() {
        Code::Valid if license.outlives_issuer() => format!("{plan}. Yours for ever."),
        Code::Valid => {
            let renews = match license.claims().renews_at {
                Some(at) => format!(", renews on {}", date(at)),
                None => String::new(),
            };
            let until = date(license.lease_ends_at());
            format!("{plan}{renews}. Works offline until {until}.")
        }
        Code::Grace => {
            let why = match license.claims().grace.map(|it| it.reason) {
                Some(paidup::GraceReason::PaymentFailed) => "a payment failed",
                _ => "canceled",
            };
            let until = license.grace_ends_at().map(date).unwrap_or_default();
            format!("{plan}, {why}. Everything works until {until}.")
        }
        Code::Revoked => match license.claims().reason.as_deref() {
            Some("machine_deactivated") => {
                "This machine was deactivated. Enter the license key to activate it again."
                    .to_owned()
            }
            Some("key_reissued") => {
                "The license has a new key. Enter the one that was sent to you.".to_owned()
            }
            _ => format!("{plan} has ended. {}", answer.code().next_step()),
        },
        code => format!("{} {}", code.meaning(), code.next_step()),
    }
}

/// "Growth plan", for the policy `growth_policy`.
fn plan(license: &License) -> String {
    let name = license.policy().name.trim_end_matches("_policy");
    let mut letters = name.replace('_', " ").chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    format!("{} plan", String::from_iter(letters))
}

fn date(at: UnixTime) -> String {
    match DateTime::<Utc>::from_timestamp(at.as_secs(), 0) {
        Some(at) => at.format("%-d %B %Y").to_string(),
        None => "an unknown day".to_owned(),
    }
}
