//! What changes the keyset: each draws up the next one, and has it signed if the root
//! is at hand, or leaves it to be signed where the root is.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use paidup::{KeyId, Keyset, UnixTime};

use super::{Failure, init, passphrase};
use crate::app::{App, KeyChange, iso8601};
use crate::root::Root;

/// Who signs.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Signature {
    /// The root [default: root.key in the data directory]
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// A file that holds its passphrase; otherwise it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The root is elsewhere: write what it has to sign to this file
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    draft: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Revoke {
    /// Its identifier; see `paidup keys list`
    #[arg(allow_hyphen_values = true)]
    key: KeyId,
    /// Why, for those who look later
    #[arg(long, default_value = "compromised")]
    reason: String,
    #[command(flatten)]
    signature: Signature,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Sunset {
    /// The product's code
    #[arg(long)]
    product: String,
    /// Tokens that were issued before: a date, an ISO 8601 time, or Unix seconds
    #[arg(long, value_name = "T", value_parser = moment)]
    issued_before: UnixTime,
    #[command(flatten)]
    signature: Signature,
}

pub(super) async fn rotate(app: &App, signature: &Signature) -> Result<(), Failure> {
    change(app, &KeyChange::Rotate, signature).await
}

pub(super) async fn renew(app: &App, signature: &Signature) -> Result<(), Failure> {
    change(app, &KeyChange::Renew, signature).await
}

pub(super) async fn revoke(app: &App, args: &Revoke) -> Result<(), Failure> {
    let change_it = KeyChange::Revoke {
        key: args.key,
        reason: args.reason.clone(),
    };
    change(app, &change_it, &args.signature).await
}

pub(super) async fn sunset(app: &App, args: &Sunset) -> Result<(), Failure> {
    let change_it = KeyChange::Sunset {
        product: args.product.clone(),
        issued_before: args.issued_before,
    };
    change(app, &change_it, &args.signature).await?;
    let before = iso8601(args.issued_before.as_secs());
    println!();
    println!(
        "With it, an app that holds an active token of {} from",
        args.product
    );
    println!("before {before} works for ever and without contact: what was bought");
    println!("once, and each subscription that runs then, since no token says when that ends.");
    println!("Only a grace that has begun still ends.");
    Ok(())
}

async fn change(app: &App, change: &KeyChange, signature: &Signature) -> Result<(), Failure> {
    if let Some(path) = &signature.draft {
        let draft = app.draft_keyset(change).await?;
        std::fs::write(path, draft.to_json()?)?;
        let path = path.display();
        println!(
            "{path} is version {} of the keyset, not signed yet.",
            draft.version
        );
        println!("Where the root is: paidup keys sign {path} --root FILE > keyset.jwt");
        println!("Then here:         paidup keys install keyset.jwt");
        return Ok(());
    }
    let path = init::default(app, signature.root.as_deref());
    if !path.exists() {
        return Err(format!(
            "the root is not at {}. --root says where it is; if it is on another machine, --draft \
             writes what has to be signed there",
            path.display()
        )
        .into());
    }
    let passphrase = passphrase::known(signature.passphrase_file.as_deref(), &path)?;
    // Opened first: a mistyped passphrase must leave nothing behind.
    let root = Root::open(&path, &passphrase)?;
    let draft = app.draft_keyset(change).await?;
    install(app, &root.sign(&draft)?).await
}

pub(super) async fn install(app: &App, text: &str) -> Result<(), Failure> {
    let keyset = app.install_keyset(text.trim()).await?;
    println!("Version {} of the keyset is installed.", keyset.version);
    let now = UnixTime::from_secs(app.clock().now().0);
    if let Some(next) = upcoming(&keyset, now) {
        println!("From {} on a new key signs.", iso8601(next.as_secs()));
    }
    println!("A running issuer takes it up by itself, and apps with their next contact.");
    println!("Other issuers of this database need this machine's key file too.");
    Ok(())
}

fn upcoming(keyset: &Keyset, now: UnixTime) -> Option<UnixTime> {
    let begins = keyset.keys.iter().map(|it| it.not_before);
    begins.filter(|it| now < *it).min()
}

pub(super) fn data_dir(app: &App) -> &Path {
    &app.settings().data_dir
}

fn moment(text: &str) -> Result<UnixTime, String> {
    let date = |it: NaiveDate| it.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    let iso = |it: DateTime<Utc>| it.timestamp();
    text.parse::<i64>()
        .ok()
        .or_else(|| text.parse().ok().map(date))
        .or_else(|| text.parse().ok().map(iso))
        .map(UnixTime::from_secs)
        .ok_or_else(|| "write 2027-01-31, 2027-01-31T12:00:00Z, or Unix seconds".to_owned())
}
