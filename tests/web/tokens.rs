//! Tokens with the code that each gets in Rust: the cases of the format, and thousands
//! of tokens in which something was changed; and the codes that there are.

use paidup::{Code, Expected, Keyring, PublicKey, Seen, Token, UnixTime};
use paidup_tests::Failure;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

const CASES: &str = include_str!("../../sdk/token_cases.json");
const SEED: u64 = 20_261_125;

/// What a script is given: the cases as they are, and `count` changed tokens.
pub(crate) fn given(count: usize) -> Result<Value, Failure> {
    let cases: Value = serde_json::from_str(CASES)?;
    let base = &cases["base_context"];
    let text = |name: &str| base[name].as_str().ok_or("no such text");
    let (issuer, product) = (text("issuer")?, text("product")?);
    let expected = Expected::new(issuer, product).fingerprint(text("fingerprint")?);
    let mut keyring = Keyring::new();
    let keys = base["keyset"].as_object().ok_or("no keyset")?;
    for key in keys.values() {
        let bytes = hex(key.as_str().ok_or("no key")?)?;
        keyring.trust(PublicKey::from_bytes(&bytes)?);
    }
    let seen = Seen {
        seq: base["highest_seen_seq"].as_u64(),
        time: base["highest_seen_time"].as_i64().map(UnixTime::from_secs),
        ..Seen::default()
    };
    let now = UnixTime::from_secs(base["now"].as_i64().ok_or("no now")?);
    let tokens: Vec<&str> = cases["cases"]
        .as_array()
        .ok_or("no cases")?
        .iter()
        .filter_map(|it| it["token"].as_str())
        .collect();
    let mut random = StdRng::seed_from_u64(SEED);
    let changed: Vec<Value> = (0..count)
        .map(|_| {
            let token = change(&tokens, &mut random);
            let code = Token::parse(&token)
                .and_then(|it| keyring.verify(it, &expected, &seen))
                .map_or_else(|error| error.code(), |it| it.standing(now).code());
            json!([token, code])
        })
        .collect();
    Ok(json!({ "cases": cases, "changed": changed, "codes": Code::ALL }))
}

/// Most often a letter; sometimes a part of another token, a cut, a repetition.
fn change(tokens: &[&str], random: &mut StdRng) -> String {
    let pick = |random: &mut StdRng| tokens[random.random_range(0..tokens.len())];
    let mut bytes = pick(random).as_bytes().to_vec();
    bytes.truncate(4000);
    match random.random_range(0..10) {
        0 => bytes.truncate(random.random_range(0..=bytes.len())),
        1 => {
            let parts: Vec<&str> = (0..3)
                .map(|n| pick(random).split('.').nth(n).unwrap_or_default())
                .collect();
            return parts.join(".").chars().take(4000).collect();
        }
        2 => bytes.insert(random.random_range(0..=bytes.len()), b'.'),
        3 if !bytes.is_empty() => {
            bytes.remove(random.random_range(0..bytes.len()));
        }
        4 => {}
        _ => {
            const LETTERS: &[u8] = b"ABCZabcz0189-_.=+/ \n{}\"";
            for _ in 0..random.random_range(1..4) {
                if !bytes.is_empty() {
                    let at = random.random_range(0..bytes.len());
                    bytes[at] = LETTERS[random.random_range(0..LETTERS.len())];
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(text: &str) -> Result<[u8; 32], Failure> {
    let bytes: Result<Vec<u8>, _> = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap_or_default(), 16))
        .collect();
    bytes?.try_into().map_err(|_| "not 32 bytes".into())
}
