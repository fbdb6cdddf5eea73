//! License keys: whatever a human does to one, it is the same key or an error.

use std::collections::BTreeSet;

use paidup::{Code, LicenseKey, LicenseKeyError};
use proptest::prelude::*;

const SYMBOLS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn key() -> LicenseKey {
    LicenseKey::from_entropy("NOTES", &[0xa5; 15]).unwrap()
}

fn parse(text: &str) -> Result<String, LicenseKeyError> {
    LicenseKey::parse(text).map(|key| key.canonical().to_owned())
}

/// Made by a second implementation of `TOKEN.md`.
#[test]
fn the_vectors_of_the_format() {
    let ascending: [u8; 15] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    for (prefix, entropy, text) in [
        ("NOTES", [0xa5; 15], "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z"),
        ("NOTES", ascending, "NOTES-000G4-0R40M-30E20-9185G-R38WM"),
        ("A", [0; 15], "A-00000-00000-00000-00000-0000B"),
        (
            "PAIDUP2026",
            [0xff; 15],
            "PAIDUP2026-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZW5",
        ),
        (
            "ACME",
            ascending.map(|it| it + 240),
            "ACME-Y3RZ5-WZMYQ-VFFY7-SZBXZ-SZFGQ",
        ),
    ] {
        assert_eq!(
            LicenseKey::from_entropy(prefix, &entropy).unwrap().expose(),
            text
        );
        assert_eq!(LicenseKey::parse(text).unwrap().expose(), text);
    }
}

#[test]
fn a_key_may_be_typed_in_many_ways() {
    let canonical = "N0TES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z";
    assert_eq!(key().canonical(), canonical);
    for typed in [
        "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z",
        "notes-mpjtb-9d5mp-jtb9d-5mpjt-b9d7z",
        "N0TES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z",
        "n o t e s m p j t b 9 d 5 m p j t b 9 d 5 m p j t b 9 d 7 z",
        "NOTESMPJTB9D5MPJTB9D5MPJTB9D7Z",
        "\tNOTES MPJTB 9D5MP\r\nJTB9D 5MPJT B9D7Z\n",
        "NOTES\u{2010}MPJTB\u{2011}9D5MP\u{2012}JTB9D\u{2013}5MPJT\u{2014}B9D7Z\u{2015}",
        "NOTES\u{a0}-\u{2003}MPJTB--9D5MP-JTB9D-5MPJT-B9D7Z",
    ] {
        assert_eq!(parse(typed).as_deref(), Ok(canonical), "{typed:?}");
    }

    let ones = LicenseKey::from_entropy("LILO", &[0x08; 15]).unwrap();
    assert!(ones.canonical().starts_with("1110-1040G-"));
    for (from, to) in [
        ("0", "o"),
        ("0", "O"),
        ("1", "i"),
        ("1", "l"),
        ("1", "I"),
        ("1", "L"),
    ] {
        assert_eq!(
            parse(&ones.canonical().replace(from, to)).as_deref(),
            Ok(ones.canonical())
        );
        assert_eq!(
            parse(&ones.expose().replace(from, to)).as_deref(),
            Ok(ones.canonical())
        );
    }
}

#[test]
fn what_is_no_key_is_refused_with_its_reason() {
    let long = "A".repeat(257);
    for (typed, reason) in [
        ("", LicenseKeyError::Length),
        ("NOTES", LicenseKeyError::Length),
        ("MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z", LicenseKeyError::Length),
        (
            "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7",
            LicenseKeyError::Checksum,
        ),
        (
            "ABCDEFGH12345678X-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z",
            LicenseKeyError::Length,
        ),
        (
            "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7U",
            LicenseKeyError::Symbol('U'),
        ),
        (
            "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7é",
            LicenseKeyError::Symbol('é'),
        ),
        (
            "NOTES_MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z",
            LicenseKeyError::Symbol('_'),
        ),
        (
            "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Y",
            LicenseKeyError::Checksum,
        ),
        (
            "VOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z",
            LicenseKeyError::Checksum,
        ),
        (&long, LicenseKeyError::Length),
    ] {
        let error = LicenseKey::parse(typed).unwrap_err();
        assert_eq!(error, reason, "{typed:?}");
        assert_eq!(error.code(), Code::LicenseKeyMalformed);
    }
    let spaced = |bytes: usize| format!("{:bytes$}", key().expose());
    assert!(parse(&spaced(256)).is_ok());
    assert_eq!(parse(&spaced(257)), Err(LicenseKeyError::Length));

    for prefix in ["", "notes", "NO-TES", "ÄCME", "ABCDEFGH12345678X"] {
        let error = LicenseKey::from_entropy(prefix, &[0; 15]).unwrap_err();
        assert_eq!(error, LicenseKeyError::Prefix, "{prefix:?}");
    }
    assert!(LicenseKey::from_entropy("ABCDEFGH12345678", &[0; 15]).is_ok());
}

#[test]
fn a_key_does_not_show_itself() {
    assert_eq!(format!("{:?}", key()), "LicenseKey(…9D7Z)");
    assert_eq!(key().last_four(), "9D7Z");
}

#[test]
fn the_random_part_is_115_bits() {
    let mut entropy = [0; 15];
    let zero = LicenseKey::from_entropy("A", &entropy).unwrap();
    let mut seen = BTreeSet::from([zero.canonical().to_owned()]);
    for bit in 0..115 {
        entropy[bit / 8] = 128 >> (bit % 8);
        seen.insert(
            LicenseKey::from_entropy("A", &entropy)
                .unwrap()
                .canonical()
                .to_owned(),
        );
        entropy[bit / 8] = 0;
    }
    assert_eq!(seen.len(), 116);
    entropy[14] = 31;
    assert_eq!(
        LicenseKey::from_entropy("A", &entropy).unwrap().canonical(),
        zero.canonical()
    );
}

/// The places of the 25 symbols in a key's text.
fn places(text: &str) -> Vec<usize> {
    text.char_indices()
        .filter(|(_, it)| *it != '-')
        .map(|(at, _)| at)
        .skip(5)
        .collect()
}

#[test]
fn every_single_error_is_caught() {
    let text = key().expose().to_owned();
    let mut tried = 0;
    for at in places(&text) {
        for symbol in SYMBOLS.chars().filter(|it| !text[at..].starts_with(*it)) {
            let mut wrong = text.clone();
            wrong.replace_range(at..=at, &symbol.to_string());
            assert_eq!(parse(&wrong), Err(LicenseKeyError::Checksum), "{wrong}");
            tried += 1;
        }
    }
    assert_eq!(tried, 25 * 31);
}

#[test]
fn every_double_error_is_caught() {
    let text = key().expose().to_owned();
    let places = places(&text);
    let mut tried = 0;
    for (nth, first) in places.iter().enumerate() {
        for second in &places[nth + 1..] {
            for a in SYMBOLS
                .chars()
                .filter(|it| !text[*first..].starts_with(*it))
            {
                let mut wrong = text.clone();
                wrong.replace_range(*first..=*first, &a.to_string());
                for b in SYMBOLS
                    .chars()
                    .filter(|it| !text[*second..].starts_with(*it))
                {
                    wrong.replace_range(*second..=*second, &b.to_string());
                    assert_eq!(parse(&wrong), Err(LicenseKeyError::Checksum), "{wrong}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 25 * 24 / 2 * 31 * 31);
}

/// Within the prefix, one wrong symbol or two swapped neighbors.
#[test]
fn a_mistyped_prefix_is_caught() {
    let body = &key().expose()["NOTES".len()..].to_owned();
    for prefix in ["NOTES", "A", "ABCDEFGH12345678", "Z9"] {
        let text = LicenseKey::from_entropy(prefix, &[0xa5; 15])
            .unwrap()
            .expose()
            .to_owned();
        for at in 0..prefix.len() {
            for symbol in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".chars() {
                let mut wrong = text.clone();
                wrong.replace_range(at..=at, &symbol.to_string());
                let same = wrong.replace('O', "0").replace(['I', 'L'], "1")
                    == text.replace('O', "0").replace(['I', 'L'], "1");
                assert_eq!(parse(&wrong).is_ok(), same, "{wrong}");
            }
        }
        for at in 1..prefix.len() {
            let mut symbols: Vec<_> = prefix.chars().collect();
            symbols.swap(at - 1, at);
            let swapped: String = symbols.into_iter().collect();
            if swapped != prefix {
                assert!(parse(&text.replacen(prefix, &swapped, 1)).is_err());
            }
        }
    }
    assert!(parse(&format!("ACME{body}")).is_err());
}

proptest! {
    #[test]
    fn a_key_survives_its_text(prefix in "[A-Z0-9]{1,16}", entropy in any::<[u8; 15]>()) {
        let key = LicenseKey::from_entropy(&prefix, &entropy).unwrap();
        prop_assert!(key.expose().starts_with(&prefix));
        let again = LicenseKey::parse(key.expose()).unwrap();
        prop_assert_eq!(again.expose(), key.expose());
        let again = LicenseKey::parse(key.canonical()).unwrap();
        prop_assert_eq!(again.canonical(), key.canonical());
        prop_assert_eq!(parse(&key.expose().to_lowercase().replace('-', " ")).unwrap(), key.canonical());
    }

    #[test]
    fn swaps_of_any_two_symbols_are_caught(
        entropy in any::<[u8; 15]>(),
        (a, b) in (0..25_usize, 0..25_usize),
    ) {
        let key = LicenseKey::from_entropy("NOTES", &entropy).unwrap();
        let places = places(key.expose());
        let mut bytes = key.expose().to_owned().into_bytes();
        bytes.swap(places[a], places[b]);
        let swapped = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(parse(&swapped).is_ok(), swapped == key.expose());
    }

    #[test]
    fn nothing_typed_makes_it_panic(typed in "\\PC{0,300}") {
        let _ = LicenseKey::parse(&typed);
    }
}

#[test]
fn a_key_is_taken_as_it_was_pasted() {
    let key = LicenseKey::from_entropy("NOTES", &[7; 15]).unwrap();
    let shown = key.expose();
    for around in [
        format!("\"{shown}\""),
        format!("\u{201c}{shown}\u{201d}."),
        format!("<{shown}>"),
        format!("  `{shown}`,\n"),
        format!("\u{feff}{shown}"),
        shown.replace('-', "-\u{200b}"),
        shown.replace('-', "\u{ad}-"),
    ] {
        let read = LicenseKey::parse(&around).unwrap();
        assert_eq!(read.expose(), shown, "{around:?}");
    }
    // What stands within is not guessed at.
    for within in [
        shown.replace('-', "."),
        format!("Key: {shown}"),
        shown.replace('-', "\""),
    ] {
        assert!(LicenseKey::parse(&within).is_err(), "{within:?}");
    }
}
