//! `paidup verify`: explains a token offline. The explaining is the SDK's; this
//! only reads arguments and prints.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use paidup::{Expected, Explanation, KeyId, Keyring, PublicKey, Seen, UnixTime};

use super::{Failure, print_json};
use crate::clock::Clock;

/// More than any token, so that one that is too long is still told so.
const MAX_INPUT: u64 = 64 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The token, a file that holds it, or - for standard input
    #[arg(value_name = "TOKEN|FILE", allow_hyphen_values = true)]
    token: String,
    /// The issuer that must have signed it
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The product it must be for
    #[arg(long, value_name = "CODE")]
    product: Option<String>,
    /// A pinned root key, base64url: it may sign keysets, never tokens
    #[arg(long, value_name = "X", value_parser = PublicKey::from_base64url)]
    root: Vec<PublicKey>,
    /// A pinned signing key, base64url
    #[arg(long, value_name = "X", value_parser = PublicKey::from_base64url)]
    key: Vec<PublicKey>,
    /// A revoked key's identifier
    #[arg(long, value_name = "KID")]
    revoked: Vec<KeyId>,
    /// This machine's fingerprint
    #[arg(long, value_name = "S")]
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
    let token = read(&args.token)?;
    let mut keyring = Keyring::new();
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
    let explanation = Explanation::of(&token, &keyring, &expected, &seen, now);
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

/// A file and standard input lose one trailing newline, an argument nothing.
fn read(token: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if token == "-" {
        std::io::stdin()
            .lock()
            .take(MAX_INPUT)
            .read_to_end(&mut bytes)?;
    } else if Path::new(token).is_file() {
        std::fs::File::open(token)?
            .take(MAX_INPUT)
            .read_to_end(&mut bytes)?;
    } else {
        return Ok(token.to_owned());
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    // What is not UTF-8 is no token either way, and is told so.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
