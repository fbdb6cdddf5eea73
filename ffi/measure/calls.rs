//! What `calls.c` measures, without C in between: the same arguments, the same rounds.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be set up has failed"
)]

use std::hint::black_box;
use std::time::Instant;

use sdk::{Expected, Keyring, PublicKey, Seen, Token, UnixTime};

const ROUNDS: usize = 11;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, product, fingerprint, key, now, times] = arguments.as_slice() else {
        eprintln!("usage: calls ISSUER PRODUCT FINGERPRINT KEY NOW TIMES <TOKEN");
        std::process::exit(2);
    };
    let mut token = String::new();
    std::io::stdin().read_line(&mut token).unwrap();
    let token = token.trim_end();
    let now: i64 = now.parse().unwrap();
    let times: u32 = times.parse().unwrap();
    let mut keyring = Keyring::new();
    keyring.trust(PublicKey::from_base64url(key).unwrap());
    let expected = Expected::new(issuer, product).fingerprint(fingerprint);
    let seen = Seen::default();
    let verified = || keyring.verify(Token::parse(black_box(token)).unwrap(), &expected, &seen);

    let license = verified().unwrap();
    let mut verify = [0.0; ROUNDS];
    let mut allows = [0.0; ROUNDS];
    for round in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..times {
            let license = verified().unwrap();
            assert!(license.standing(UnixTime::from_secs(now)).usable());
        }
        verify[round] = began.elapsed().as_secs_f64() / f64::from(times) * 1e9;
        let began = Instant::now();
        for n in 0..i64::from(times) * 1000 {
            let now = UnixTime::from_secs(now + (n & 1));
            assert!(black_box(&license).allows(black_box("export"), now));
        }
        allows[round] = began.elapsed().as_secs_f64() / f64::from(times) / 1000.0 * 1e9;
    }
    let quickest = |rounds: [f64; ROUNDS]| rounds.into_iter().fold(f64::MAX, f64::min);
    println!("{:.0} {:.1}", quickest(verify), quickest(allows));
}
