//! `paidup verify`: explains a token offline. The explaining is the SDK's; this
//! only reads arguments and prints.

use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use paidup::{
    Check, Code, Expected, Explanation, KeyId, Keyring, Keyset, LicenseFile, PublicKey, Roots,
    Seen, UnixTime,
};

use super::text::text_of;
use super::{Failure, print_json};
use crate::clock::Clock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The token or license file, a file that holds it, or - for standard input
    #[arg(value_name = "TOKEN|FILE", allow_hyphen_values = true)]
    token: String,
    /// The issuer that must have signed it
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The product it must be for
    #[arg(long, value_name = "CODE")]
    product: Option<String>,
    /// A pinned root key, base64url: it may sign the keyset of a license file, never tokens
    #[arg(long, value_name = "X", value_parser = PublicKey::from_base64url, allow_hyphen_values = true)]
    root: Vec<PublicKey>,
    /// A pinned signing key, base64url
    #[arg(long, value_name = "X", value_parser = PublicKey::from_base64url, allow_hyphen_values = true)]
    key: Vec<PublicKey>,
    /// A revoked key's identifier
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    revoked: Vec<KeyId>,
    /// This machine's fingerprint
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    fingerprint: Option<String>,
    /// The moment to answer for, in Unix seconds [default: now]
    #[arg(long, value_name = "UNIX", allow_hyphen_values = true)]
    now: Option<i64>,
    /// The highest seq that this installation has seen of the license
    #[arg(long, value_name = "N")]
    seen_seq: Option<u64>,
    /// The latest time that this installation has seen, in Unix seconds
    #[arg(long, value_name = "UNIX", allow_hyphen_values = true)]
    seen_time: Option<i64>,
    /// Verify as an app that was built for test mode
    #[arg(long)]
    test: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let (token, keyset) = unpack(text_of(&args.token)?)?;
    let mut keyring = Keyring::new();
    if let Some(text) = keyset.filter(|_| !args.root.is_empty()) {
        keyring.adopt(&trusted(args, &text)?);
    }
    for key in &args.key {
        keyring.trust(key.clone());
    }
    for key_id in &args.revoked {
        keyring.revoke(*key_id);
    }
    let mut expected = Expected::danger_unpinned();
    if let Some(issuer) = &args.issuer {
        expected = expected.issuer(issuer);
    }
    if let Some(product) = &args.product {
        expected = expected.product(product);
    }
    if let Some(fingerprint) = &args.fingerprint {
        expected = expected.fingerprint(fingerprint);
    }
    if args.test {
        expected = expected.test_mode();
    }
    let seen = Seen {
        seq: args.seen_seq,
        time: args.seen_time.map(UnixTime::from_secs),
        ..Seen::default()
    };
    let now = args.now.unwrap_or_else(|| Clock::system().now().0);
    let now = UnixTime::from_secs(now);
    let mut explanation = Explanation::of(&token, &keyring, &expected, &seen, now);
    if let Some(hint) = hint(args, &explanation) {
        explanation.next_action = hint;
    }
    if args.json {
        print_json(&explanation)?;
    } else {
        print(&explanation);
    }
    Ok(if explanation.usable {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A token, and the keyset that came with it in a license file.
fn unpack(text: String) -> Result<(String, Option<String>), Failure> {
    if !text.contains("-----BEGIN LICENSE FILE-----") {
        return Ok((text, None));
    }
    let file = LicenseFile::parse(&text)?;
    Ok((file.token, file.keyset))
}

/// The keyset that a pinned root has signed. Where no issuer is pinned, it may be
/// anybody's who has that root.
fn trusted(args: &Args, text: &str) -> Result<Keyset, Failure> {
    let claimed = || {
        let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
        Some(Keyset::from_json(&payload).ok()?.iss)
    };
    let issuer = args.issuer.clone().or_else(claimed).unwrap_or_default();
    let mut roots = Roots::new(issuer);
    for root in &args.root {
        roots = roots.pin(root.clone());
    }
    Ok(roots.verify(text)?)
}

/// The way on, for somebody who has this command.
fn hint(args: &Args, explanation: &Explanation) -> Option<String> {
    let kid = || {
        let named = explanation.checks.iter().find(|it| it.name == Check::KeyId);
        named.map(|it| it.detail.trim_start_matches("kid is ").to_owned())
    };
    match explanation.code {
        Code::UnknownKey => Some(format!(
            "Verify with the public key whose id is {}, if it is one of the issuer's: \
             /.well-known/jwks.json there lists them, and --key takes its x.",
            kid()?
        )),
        Code::EnvironmentMismatch if !args.test => {
            Some("Use a live token, or build and verify in test mode (--test).".to_owned())
        }
        Code::FingerprintMismatch if args.fingerprint.is_none() => {
            Some("Give the machine's fingerprint (--fingerprint).".to_owned())
        }
        _ => None,
    }
}

fn print(explanation: &Explanation) {
    for check in &explanation.checks {
        let mark = if check.ok { "ok" } else { "NO" };
        println!("{mark:>4}  {:<16}{}", check.name.name(), check.detail);
    }
    println!();
    let usable = if explanation.usable {
        "usable"
    } else {
        "not usable"
    };
    println!(
        "{}: {usable}. {}",
        explanation.code,
        explanation.code.meaning()
    );
    println!("{}", explanation.next_action);
}
