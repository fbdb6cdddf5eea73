//! The smallest app that asks for its license: no network, no clock tricks, one
//! feature that is free and one that is not.
//!
//! ```text
//! example-offline ISSUER PRODUCT KEY TOKEN-FILE FINGERPRINT
//! ```

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use paidup::{Expected, Keyring, License, PublicKey, Seen, Token, UnixTime};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, product, key, file, fingerprint] = arguments.as_slice() else {
        eprintln!("usage: example-offline ISSUER PRODUCT KEY TOKEN-FILE FINGERPRINT");
        return ExitCode::from(2);
    };
    println!("Opening a document works: that is free.");
    match license(issuer, product, key, file, fingerprint) {
        Ok(license) if license.allows("export", now()) => {
            println!("Exporting works: {} includes it.", license.policy().name);
            ExitCode::SUCCESS
        }
        Ok(license) => {
            let code = license.standing(now()).code();
            println!("Exporting is not available ({code}). {}", code.next_step());
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("Exporting is not available: {error}.");
            ExitCode::FAILURE
        }
    }
}

/// What the app pins is its own; the token is what the issuer gave this machine.
fn license(
    issuer: &str,
    product: &str,
    key: &str,
    file: &str,
    fingerprint: &str,
) -> Result<License, Box<dyn std::error::Error>> {
    let mut keyring = Keyring::new();
    keyring.trust(PublicKey::from_base64url(key)?);
    let expected = Expected::new(issuer, product)
        .fingerprint(fingerprint)
        .test_mode();
    let token = std::fs::read_to_string(file)?;
    Ok(keyring.verify(Token::parse(token.trim_end())?, &expected, &Seen::default())?)
}

fn now() -> UnixTime {
    #[expect(clippy::disallowed_methods, reason = "an app reads the clock itself")]
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixTime::from_secs(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
