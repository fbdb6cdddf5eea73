//! The command `fake-stripe`: plays Stripe on this machine until interrupted.

use std::error::Error;
use std::net::SocketAddr;

use clap::Parser;
use fake_stripe::FakeStripe;

/// Plays Stripe on this machine
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:12111")]
    listen: SocketAddr,
    /// The key that the API accepts; random by default
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,
    /// The account's default API version; the newest by default
    #[arg(long, value_name = "VERSION")]
    api_version: Option<String>,
    /// Where to deliver every event; may be given again
    #[arg(long, value_name = "URL")]
    webhook: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let mut builder = FakeStripe::builder().listen(args.listen);
    if let Some(key) = &args.api_key {
        builder = builder.api_key(key);
    }
    if let Some(version) = &args.api_version {
        builder = builder.api_version(version);
    }
    let stripe = builder.start().await?;
    stripe.create_guide_catalog()?;
    // What an application under test needs in its environment.
    println!("STRIPE_API_BASE={}", stripe.base_url());
    println!("STRIPE_API_KEY={}", stripe.api_key());
    for url in &args.webhook {
        let endpoint = stripe.add_webhook_endpoint(url, &["*"])?;
        println!("STRIPE_WEBHOOK_SECRET={}", endpoint.secret);
    }
    tokio::signal::ctrl_c().await?;
    stripe.stop().await;
    Ok(())
}
