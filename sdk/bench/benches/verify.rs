//! Verifying a license, and asking it, next to the bare signature and the peers.
//! All in one process, and each over every layout of the stack.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has failed"
)]

use std::{
    fs,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use criterion::{Criterion, SamplingMode};
use ed25519_dalek::Verifier as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use jwt_simple::prelude::{Ed25519PublicKey, EdDSAPublicKeyLike as _, VerificationOptions};
use keygen_rs::{config::KeygenConfig, license::SchemeCode};
use paidup::{Seen, Token};
use paidup_bench::{FullClaims, ISSUER, PRODUCT, PeerClaims, Subject};
use pasetors::{Public, keys::AsymmetricPublicKey, token::UntrustedToken, version4};
use serde_json::Value;

const BASE: &str = "dalek verify_strict";

fn main() {
    let home = std::env::temp_dir().join("paidup-bench");
    let mut criterion = Criterion::default()
        .output_directory(&home)
        .warm_up_time(Duration::from_secs(2))
        .measurement_time(Duration::from_secs(8))
        .configure_from_args();

    let subject = Subject::new();
    let names = [
        signatures(&mut criterion, &subject),
        ours(&mut criterion, &subject),
        jwt_peers(&mut criterion, &subject),
        other_peers(&mut criterion, &subject),
    ];
    criterion.final_summary();
    table(&home, names.iter().flatten());
}

fn signatures(criterion: &mut Criterion, subject: &Subject) -> Vec<&'static str> {
    let Subject {
        key,
        signed,
        signature,
        ..
    } = subject;
    assert!(key.verify_strict(signed.as_bytes(), signature).is_ok());
    measure(criterion, BASE, || {
        key.verify_strict(black_box(signed.as_bytes()), signature)
    });
    measure(criterion, "dalek verify", || {
        key.verify(black_box(signed.as_bytes()), signature)
    });
    vec![BASE, "dalek verify"]
}

fn ours(criterion: &mut Criterion, subject: &Subject) -> Vec<&'static str> {
    let Subject {
        keyring,
        expected,
        token,
        ..
    } = subject;
    let seen = Seen {
        seq: Some(7),
        ..Seen::default()
    };
    measure(criterion, "paidup parse + verify", || {
        let token = Token::parse(black_box(token)).unwrap();
        keyring.verify(token, expected, &seen).unwrap()
    });
    let license = keyring
        .verify(Token::parse(token).unwrap(), expected, &seen)
        .unwrap();
    let now = subject.issued_at.plus(3600);
    assert!(license.allows("premium_analytics", now));
    measure(criterion, "paidup allows", || {
        license.allows(black_box("premium_analytics"), black_box(now))
    });
    vec!["paidup parse + verify", "paidup allows"]
}

fn jwt_peers(criterion: &mut Criterion, subject: &Subject) -> Vec<&'static str> {
    let Subject { key, token, .. } = subject;

    let decoding_key = DecodingKey::from_ed_der(key.as_bytes());
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[PRODUCT]);
    measure(criterion, "jsonwebtoken", || {
        jsonwebtoken::decode::<FullClaims>(black_box(token), &decoding_key, &validation).unwrap()
    });

    let public = Ed25519PublicKey::from_bytes(key.as_bytes()).unwrap();
    let now = u64::try_from(subject.issued_at.as_secs()).unwrap();
    let options = VerificationOptions {
        artificial_time: Some(jwt_simple::prelude::Duration::from_secs(now)),
        allowed_issuers: Some([ISSUER.into()].into()),
        allowed_audiences: Some([PRODUCT.into()].into()),
        ..VerificationOptions::default()
    };
    measure(criterion, "jwt-simple", || {
        public
            .verify_token::<PeerClaims>(black_box(token), Some(options.clone()))
            .unwrap()
    });
    vec!["jsonwebtoken", "jwt-simple"]
}

fn other_peers(criterion: &mut Criterion, subject: &Subject) -> Vec<&'static str> {
    let Subject {
        key,
        paseto,
        keygen,
        ..
    } = subject;

    let public = AsymmetricPublicKey::from(key.as_bytes()).unwrap();
    measure(criterion, "pasetors v4.public", || {
        let token = UntrustedToken::<Public, _>::try_from(black_box(paseto.as_str())).unwrap();
        let token = version4::PublicToken::verify(&public, &token, None, None).unwrap();
        serde_json::from_str::<FullClaims>(token.payload()).unwrap()
    });

    let hex = key
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let config = KeygenConfig {
        public_key: Some(hex),
        ..KeygenConfig::default()
    };
    measure(criterion, "keygen-rs signed key", || {
        let scheme = SchemeCode::Ed25519Sign;
        let payload = keygen_rs::verify_with_config(&config, scheme, black_box(keygen)).unwrap();
        serde_json::from_slice::<FullClaims>(&payload).unwrap()
    });
    vec!["pasetors v4.public", "keygen-rs signed key"]
}

/// The vector code of an Ed25519 verification takes up to a quarter longer at some
/// addresses of the stack, modulo a page, and where it lands is chance. So each
/// sample is taken at another depth, and the median is over all of them.
fn measure<T>(criterion: &mut Criterion, name: &str, mut routine: impl FnMut() -> T) {
    const DEPTHS: usize = 64;

    let mut group = criterion.benchmark_group(name);
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(4 * DEPTHS);
    let mut depth = 0;
    group.bench_function("verify", |bencher| {
        bencher.iter_custom(|iterations| {
            depth = (depth + 1) % DEPTHS;
            deeper(depth, &mut || {
                let start = Instant::now();
                for _ in 0..iterations {
                    black_box(routine());
                }
                start.elapsed()
            })
        });
    });
    group.finish();
}

#[inline(never)]
fn deeper(depth: usize, routine: &mut dyn FnMut() -> Duration) -> Duration {
    let frame = black_box([0_u8; 64]);
    let elapsed = if depth == 0 {
        routine()
    } else {
        deeper(depth - 1, routine)
    };
    black_box(frame);
    elapsed
}

/// Medians as criterion measured them, and the fastest tenth of the samples,
/// which other programs on the machine do not disturb, each with its ratio to the
/// bare signature.
fn table<'a>(home: &Path, names: impl Iterator<Item = &'a &'static str>) {
    let Some((base_median, base_fastest)) = measured(home, BASE) else {
        return;
    };
    println!("{:24} {:>20} {:>20}", "", "median", "fastest tenth");
    for name in names {
        if let Some((median, fastest)) = measured(home, name) {
            println!(
                "{name:24} {median:>9.1} ns {:>7.4} {fastest:>9.1} ns {:>7.4}",
                median / base_median,
                fastest / base_fastest,
            );
        }
    }
}

/// The median and the fastest tenth, in nanoseconds.
fn measured(home: &Path, name: &str) -> Option<(f64, f64)> {
    let read = |file: &str| -> Option<Value> {
        serde_json::from_slice(&fs::read(home.join(name).join("verify/new").join(file)).ok()?).ok()
    };
    let median = read("estimates.json")?
        .pointer("/median/point_estimate")?
        .as_f64()?;

    let sample = read("sample.json")?;
    let column = |name| sample.get(name)?.as_array();
    let each = column("times")?.iter().zip(column("iters")?);
    let mut each: Vec<f64> = each
        .filter_map(|(time, iterations)| Some(time.as_f64()? / iterations.as_f64()?))
        .collect();
    each.sort_by(f64::total_cmp);
    Some((median, *each.get(each.len() / 10)?))
}
