//! `paidup stripe reconcile`: what differs between Stripe and the licenses, and its
//! cure.

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::super::words::words;
use super::{Failure, open_whole, print_json, table};
use crate::app::{Finding, Progress};
use crate::settings::Flags;

/// What the command exits with where anything differs, or did before it was corrected.
const DIFFERENCES: u8 = 3;
/// From how many unknown purchases on the key is rather the wrong one.
const MANY_UNKNOWN: usize = 5;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits 0 if all licenses match Stripe, 3 if it found differences, even where it corrected them, \
and 1 if it could not compare everything.")]
pub(in crate::cli) struct Args {
    /// Only tell what differs
    #[arg(long)]
    dry_run: bool,
    /// One JSON array, everything
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) async fn run(flags: &Flags, args: &Args) -> Result<ExitCode, Failure> {
    let app = open_whole(flags).await?;
    // Where standard error is no terminal, nothing is drawn.
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len}")?;
    let show = |progress| match progress {
        Progress::Listed(kind, count) => {
            bar.set_message(format!("{count} {kind}"));
            bar.tick();
        }
        Progress::Compared(done, total) => {
            bar.set_style(style.clone());
            bar.set_message("compared");
            bar.set_length(total.try_into().unwrap_or(u64::MAX));
            bar.set_position(done.try_into().unwrap_or(u64::MAX));
        }
    };
    let found = app.reconcile(args.dry_run, &show).await;
    bar.finish_and_clear();
    let findings = found?;
    app.store().close().await;
    let exit = match findings.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DIFFERENCES),
    };
    if args.json {
        let views: Vec<Value> = findings.iter().map(|it| view(it, args.dry_run)).collect();
        print_json(&views)?;
        return Ok(exit);
    }
    let unknown = |finding: &&Finding| matches!(finding, Finding::UnknownAtStripe { .. });
    if findings.iter().filter(unknown).count() >= MANY_UNKNOWN {
        eprintln!(
            "paidup: Stripe knows few of the purchases: this may be another account's key, or another \
             STRIPE_API_BASE. `paidup stripe status` shows which; revoke nothing before that."
        );
    }
    let headings = ["OBJECT", "DIFFERENCE", "CURE"];
    let rows = findings.iter().map(|it| row(it, args.dry_run)).collect();
    table::print(&headings, rows, "All licenses match Stripe.");
    Ok(exit)
}

fn row(finding: &Finding, dry_run: bool) -> Vec<String> {
    let (object, difference, cure) = describe(finding, dry_run);
    vec![object, difference, cure]
}

fn view(finding: &Finding, dry_run: bool) -> Value {
    let (object, difference, cure) = describe(finding, dry_run);
    let cured = !dry_run && matches!(finding, Finding::License(_));
    let mut view = json!({
        "object": object,
        "difference": difference,
        "cure": cure,
        "cured": cured,
    });
    if let (Finding::License(change), Some(view)) = (finding, view.as_object_mut()) {
        view.insert("license".to_owned(), json!(change.license));
        view.insert("item".to_owned(), json!(change.item));
        view.insert("before".to_owned(), json!(change.before));
        view.insert("after".to_owned(), json!(change.after));
    }
    view
}

/// The object, what is wrong with it, and what is or should be done.
fn describe(finding: &Finding, dry_run: bool) -> (String, String, String) {
    let done = |did: &str, would: &str| if dry_run { would } else { did }.to_owned();
    match finding {
        Finding::License(change) => match &change.before {
            None => (
                change.item.clone(),
                format!(
                    "has no license, and should have one that is {}",
                    words(&change.after)
                ),
                done("made", "would be made"),
            ),
            Some(before) => (
                change.license.clone(),
                format!("was {}, should be {}", words(before), words(&change.after)),
                done("corrected", "would be corrected"),
            ),
        },
        Finding::Unmapped {
            price,
            origin,
            extends: Some(policy),
            ..
        } => (
            origin.clone(),
            format!("has {price}, which extends {policy}, and no license of {policy}"),
            format!("map another of its prices to {policy}"),
        ),
        Finding::Unmapped {
            price,
            origin,
            archived: Some(policy),
            ..
        } => (
            origin.clone(),
            format!("was bought at {price}, which sells {policy}, and that is archived"),
            format!("map {price} to another policy, or remove `archived`"),
        ),
        Finding::Unmapped {
            price,
            origin,
            license,
            ..
        } => (
            origin.clone(),
            match license {
                None => format!("was bought at {price}, which no policy is mapped to"),
                Some(license) => format!(
                    "is at {price}, which no policy is mapped to; {license} keeps the terms it had"
                ),
            },
            format!("map {price} under [[stripe.mappings]]"),
        ),
        Finding::UnknownAtStripe { license, origin } => (
            license.clone(),
            format!("follows {origin}, which Stripe does not know"),
            format!(
                "if the key is of the account that sold it, end it: paidup licenses revoke \
                 {license}"
            ),
        ),
        Finding::Undecided { object, reason } => (
            object.clone(),
            reason.clone(),
            "fix that, and run this again".to_owned(),
        ),
    }
}
