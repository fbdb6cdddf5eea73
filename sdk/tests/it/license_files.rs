//! License files: what mail programs do to them, and what only looks like one.

use paidup::{Code, LicenseFile, LicenseFileError, PublicKey};
use proptest::prelude::*;

use crate::fixture::{claims, issuer_key, public, seal};

fn file() -> LicenseFile {
    LicenseFile {
        token: seal(&claims()),
        keyset: Some("a.b.c".into()),
    }
}

fn key() -> PublicKey {
    public(&issuer_key())
}

fn text() -> String {
    file().seal("2026-12-08T00:00:00.000Z", &key().key_id(), |_| [7; 64])
}

#[test]
fn a_mail_program_does_it_no_harm() {
    let plain = text();
    let crlf = plain.replace('\n', "\r\n");
    let quoted = plain.replace('\n', "\n  ");
    let dressed = format!("Dear customer,\n\nhere it is:\n{plain}\nYours\n");
    let one_line = plain.replace('\n', "");
    let trimmed = plain.trim_end().to_owned();
    for text in [plain, crlf, quoted, dressed, one_line, trimmed] {
        assert_eq!(LicenseFile::parse(&text), Ok(file()), "{text}");
    }
}

#[test]
fn what_is_none_says_why() {
    let plain = text();
    let no = |text: &str| LicenseFile::parse(text).unwrap_err();
    assert_eq!(no(""), LicenseFileError::NoArmor);
    assert_eq!(no(&file().token), LicenseFileError::NoArmor);
    assert_eq!(no(&plain[..plain.len() - 30]), LicenseFileError::CutOff);
    let armored =
        |body: &str| format!("-----BEGIN LICENSE FILE-----\n{body}\n-----END LICENSE FILE-----\n");
    for body in ["", "a.b", "a.b.c.d", "e30=.e30.AA==", "e30=.%.AA=="] {
        assert_eq!(no(&armored(body)), LicenseFileError::Damaged, "{body}");
    }
    assert_eq!(no(&armored("e30=.e30=.AA==")), LicenseFileError::NoToken);
    // {"token":1}
    assert_eq!(
        no(&armored("e30=.eyJ0b2tlbiI6MX0=.AA==")),
        LicenseFileError::NoToken
    );
    assert!(matches!(
        no(&armored("e30=.W10=.AA==")),
        LicenseFileError::Payload(_)
    ));
    let large = no(&"-".repeat(LicenseFile::MAX_BYTES + 1));
    assert_eq!(large.code(), Code::TooLarge);
    assert_eq!(no("").code(), Code::Malformed);
}

#[test]
fn it_is_never_taken_for_a_token() {
    let lines: Vec<_> = text().lines().map(str::to_owned).collect();
    let body = lines[1..lines.len() - 1].concat();
    let as_token = body.replace('+', "-").replace('/', "_").replace('=', "");
    let error = paidup::Token::parse(&as_token).unwrap_err();
    assert_eq!(error.code(), Code::UnsupportedAlgorithm);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = LicenseFile::parse(&text);
    }

    #[test]
    fn cutting_it_never_invents_a_token(at in 0_usize..1200) {
        let whole = text();
        if let Some(cut) = whole.get(..at.min(whole.len() - 2)) {
            prop_assert!(LicenseFile::parse(cut).is_err());
        }
    }
}
