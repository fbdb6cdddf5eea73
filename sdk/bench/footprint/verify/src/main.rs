//! A program that verifies a token.

use paidup::{Expected, Keyring, PublicKey, Seen, Token};

include!("../../memory.rs");

fn main() {
    let mut keyring = Keyring::new();
    let key = PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    keyring.trust(key.expect("a key"));
    let expected = Expected::new("https://licenses.example.com", "notes");
    let text = std::env::args().nth(1).unwrap_or_default();
    let token = Token::parse(&text).and_then(|it| keyring.verify(it, &expected, &Seen::default()));
    assert!(token.is_err());
    print_memory();
}
