//! `paidup serve`.

use std::process::ExitCode;

use super::Failure;
use crate::app::{App, OtherIssuer};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::settings::{Environment, Flags, Listen, Settings};
use crate::store::StoreError;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen: HOST:PORT, :PORT for every IPv4 interface, or PORT
    /// [env: PAIDUP_LISTEN, or PORT, which is served on 0.0.0.0] [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<Listen>,
    /// Take the issuer's new name, although apps may still pin the old one
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(flags: &Flags, args: &Args) -> Result<ExitCode, Failure> {
    let mut settings = Settings::load(flags, &Environment::of_process())?;
    if let Some(listen) = &args.listen {
        settings.listen = listen.clone();
    }
    let other = if args.force {
        OtherIssuer::Replace
    } else {
        OtherIssuer::Refuse
    };
    if settings.allow_insecure_webhooks {
        tracing::warn!("allow_insecure_webhooks: outgoing webhooks may go anywhere, unencrypted");
    }
    let running = crate::serve::serve(settings, Clock::system(), Entropy::system(), other).await?;
    warn_of_gaps(&running.app).await?;
    let app = running.app.clone();
    tokio::spawn(async move {
        if let Err(error) = warn_of_stuck(app).await {
            tracing::error!(%error, "serve.stuck_unknown");
        }
    });
    let stop = StopSignals::hear()?;
    let now = paidup::UnixTime::from_secs(running.app.clock().now().0);
    tracing::info!(
        address = %running.address,
        issuer = running.app.issuer(),
        mode = running.app.mode().as_str(),
        key.id = running.app.keys().signing_at(now).map(|it| it.to_string()),
        "serve.ready"
    );
    println!("paidup listens on {}", running.base_url());
    stop.received().await;
    tracing::info!("serve.stopping");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn warn_of_gaps(app: &App) -> Result<(), Failure> {
    if app.settings().file.is_none() {
        tracing::warn!(
            "there is no paidup.toml here, so that nothing is sold; name the file with --config or \
             PAIDUP_CONFIG"
        );
    }
    if !app.has_secrets().await? {
        tracing::warn!(
            "no webhook secret is known, so that Stripe's webhooks are answered 503; run `paidup \
             stripe connect`, or set STRIPE_WEBHOOK_SECRET"
        );
    }
    if app.is_issuer_unnamed() {
        tracing::warn!(
            issuer = app.issuer(),
            "no public_url is set, so that tokens carry the address that this server listens on; \
             set public_url before you ship an app, which pins it"
        );
    }
    if app.keys().keyset().is_none() {
        tracing::warn!(
            "there is no root yet, and an app that pins the signing key itself cannot follow when \
             it changes; run `paidup keys init` before you ship one"
        );
    }
    if !app.has_key() {
        tracing::warn!(
            "there is no Stripe key, so that what a webhook lacks cannot be asked for; run `paidup \
             stripe connect`, or set STRIPE_API_KEY"
        );
    }
    Ok(())
}

/// Warns of what keeps purchases from their licenses.
async fn warn_of_stuck(app: App) -> Result<(), StoreError> {
    for stuck in app.stuck_events().await? {
        let warning = stuck.warning();
        tracing::warn!(event.id = stuck.oldest.id, warning, "stripe.events.stuck");
    }
    for unmapped in app.unmapped_prices().await? {
        let warning = unmapped.warning();
        tracing::warn!(warning, "stripe.price.unmapped");
    }
    Ok(())
}

/// Hears the system's signals to stop from the moment it exists, so that one
/// sent between the start and the wait is not lost.
#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn hear() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn received(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Hears the system's signal to stop from the moment it exists, so that one
/// sent between the start and the wait is not lost.
#[cfg(windows)]
struct StopSignals {
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(windows)]
impl StopSignals {
    fn hear() -> std::io::Result<Self> {
        let interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(Self { interrupt })
    }

    async fn received(mut self) {
        self.interrupt.recv().await;
    }
}
