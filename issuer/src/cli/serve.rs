//! `paidup serve`.

use std::process::ExitCode;

use super::Failure;
use crate::app::OtherIssuer;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::settings::{Environment, Flags, Settings};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Take the issuer's new name, although apps may still pin the old one
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(flags: &Flags, args: &Args) -> Result<ExitCode, Failure> {
    let settings = Settings::load(flags, &Environment::of_process())?;
    let other = if args.force {
        OtherIssuer::Replace
    } else {
        OtherIssuer::Refuse
    };
    warn_of_gaps(&settings);
    let running = crate::serve::serve(settings, Clock::system(), Entropy::system(), other).await?;
    tracing::info!(
        address = %running.address,
        issuer = running.app.issuer(),
        mode = running.app.mode().as_str(),
        key.id = %running.app.signer().key_id(),
        "serve.ready"
    );
    println!("paidup listens on {}", running.base_url());
    stop_signal().await?;
    tracing::info!("serve.stopping");
    running.stop().await?;
    Ok(ExitCode::SUCCESS)
}

fn warn_of_gaps(settings: &Settings) {
    if settings.stripe.webhook_secrets.is_empty() {
        tracing::warn!("STRIPE_WEBHOOK_SECRET is not set: Stripe's webhooks are answered 503");
    }
    if settings.stripe.api_key.is_none() {
        tracing::warn!("STRIPE_API_KEY is not set: what a webhook lacks cannot be asked for");
    }
    if settings.allow_insecure_webhooks {
        tracing::warn!("allow_insecure_webhooks: outgoing webhooks may go anywhere, unencrypted");
    }
}

#[cfg(unix)]
async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
