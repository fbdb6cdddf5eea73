//! `paidup stripe connect`: checks the key and registers our webhook endpoint.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use zeroize::Zeroizing;

use super::Failure;
use crate::app::ConnectOutcome;
use crate::cli::open_unnamed;
use crate::settings::Flags;
use crate::settings::SettingsError;
use crate::settings::secret::is_secret;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Where Stripe reaches the issuer, if not at its public URL. Where public_url is not set,
    /// it becomes the issuer's name, which apps are built with
    #[arg(long)]
    url: Option<String>,
    /// A file that holds the key, or - for standard input; it is kept, encrypted.
    /// Otherwise STRIPE_API_KEY is used
    #[arg(long)]
    api_key_file: Option<PathBuf>,
}

pub(in crate::cli) async fn run(flags: &Flags, args: &Args) -> Result<ExitCode, Failure> {
    let key = match &args.api_key_file {
        None => None,
        Some(path) => Some(Zeroizing::new(read(path)?)),
    };
    let app = open_unnamed(flags).await?;
    let given = key.as_ref().map(|it| it.as_str());
    let connected = app
        .connect(given, args.url.as_deref(), "administrator")
        .await;
    let set = app.is_key_set();
    app.store().close().await;
    let connected = connected?;
    let account = connected.account.as_deref();
    println!("Account    {}", account.unwrap_or("(the key may not know)"));
    println!("Key        has every permission that is needed");
    let done = match connected.outcome {
        ConnectOutcome::Created => "made",
        ConnectOutcome::Kept => "is as it should be",
        ConnectOutcome::Mended => "switched on, for the events that licenses follow",
    };
    println!("Endpoint   {} {done}", connected.endpoint);
    println!("           {}", connected.url);
    for id in &connected.deleted {
        println!("Deleted    {id}, an endpoint of ours that nobody needs any more");
    }
    println!("Issuer     {}, which apps are built with", connected.issuer);
    if let Some(warning) = &connected.warning {
        println!("Note       {warning}");
    }
    if connected.url.starts_with("http://") {
        println!("Note       Stripe delivers live events to https only");
    }
    if key.is_some() && set {
        println!("Note       the key is kept, and STRIPE_API_KEY is set and wins: unset it");
    }
    println!("A running issuer takes up by itself what was kept.");
    Ok(ExitCode::SUCCESS)
}

fn read(path: &PathBuf) -> Result<String, Failure> {
    let mut text = String::new();
    match path.as_os_str() == "-" {
        true if std::io::stdin().is_terminal() => {
            text = rpassword::prompt_password("Stripe API key (it is not shown): ")?;
        }
        true => {
            std::io::stdin().take(4096).read_to_string(&mut text)?;
        }
        false if !path.exists() && is_secret(&path.to_string_lossy()) => {
            return Err(Box::new(SettingsError::SecretAsPath));
        }
        false => {
            text = std::fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        }
    }
    Ok(text)
}
