//! What a human types: forgiving about how, strict about what. A typing error is
//! found here, before any network call.
//!
//! ```text
//! NOTES-7K3QX-0A1BC-…-…-4ZZ9M
//! └─┬─┘ └──────── 25 symbols of Crockford's base32 ─────────┘
//! prefix         23 random (115 bits) + 2 check symbols
//! ```

mod checksum;

use alloc::{string::String, vec::Vec};
use core::fmt;

use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::Code;

/// Crockford's base32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const RANDOM_SYMBOLS: usize = 23;
const SYMBOLS: usize = 25;
const GROUP: usize = 5;
const MAX_PREFIX: usize = 16;

/// More than any spacing of a key needs, in bytes.
const MAX_INPUT: usize = 256;

/// A license key. A secret: whoever has it can activate machines.
///
/// ```
/// use paidup::LicenseKey;
///
/// let key = LicenseKey::from_entropy("NOTES", &[0xa5; 15])?;
/// assert_eq!(key.expose(), "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z");
///
/// // As it comes back from an e-mail and tired fingers.
/// let typed = LicenseKey::parse(" n0tes mpjtb–9d5mp jtb9d 5mpjt b9d7z ")?;
/// assert_eq!(typed.canonical(), key.canonical());
///
/// // One wrong symbol.
/// assert!(LicenseKey::parse("NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Y").is_err());
/// # Ok::<(), paidup::LicenseKeyError>(())
/// ```
#[derive(Clone, ZeroizeOnDrop)]
pub struct LicenseKey {
    shown: String,
    canonical: String,
}

impl LicenseKey {
    /// Makes a key from random bytes, of which the first 115 bits count. The
    /// prefix is `[A-Z0-9]{1,16}`.
    ///
    /// # Errors
    ///
    /// [`LicenseKeyError::Prefix`].
    pub fn from_entropy(prefix: &str, entropy: &[u8; 15]) -> Result<Self, LicenseKeyError> {
        let is_prefix_symbol = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit();
        if !(1..=MAX_PREFIX).contains(&prefix.len()) || !prefix.bytes().all(is_prefix_symbol) {
            return Err(LicenseKeyError::Prefix);
        }
        let mut bits = entropy
            .iter()
            .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut values = Zeroizing::new(Vec::with_capacity(SYMBOLS));
        values.extend((1..=RANDOM_SYMBOLS).map(|nth| low_five(bits >> (120 - 5 * nth))));
        bits.zeroize();
        let check = checksum::of(prefix.bytes().map(fold), &values);
        values.extend(check);
        Ok(Self::new(prefix, &values))
    }

    /// Reads a key as a human has typed or pasted it: in any case, with any spaces,
    /// dashes (U+2010 to U+2015 too) and invisible characters or none, between quotes or
    /// brackets or before a full stop, O for 0, and I or L for 1. At most 256 bytes.
    ///
    /// # Errors
    ///
    /// [`LicenseKeyError`]. Any one or two wrong symbols after the prefix, and so
    /// any two that were swapped, are always found.
    pub fn parse(typed: &str) -> Result<Self, LicenseKeyError> {
        if typed.len() > MAX_INPUT {
            return Err(LicenseKeyError::Length);
        }
        let mut symbols = Zeroizing::new(String::with_capacity(typed.len()));
        let typed = typed.trim_matches(|it| is_separator(it) || is_around(it));
        for character in typed.chars().filter(|it| !is_separator(*it)) {
            if !character.is_ascii_alphanumeric() {
                return Err(LicenseKeyError::Symbol(character));
            }
            symbols.push(character.to_ascii_uppercase());
        }
        let (prefix, body) = symbols
            .len()
            .checked_sub(SYMBOLS)
            .filter(|prefix| (1..=MAX_PREFIX).contains(prefix))
            .and_then(|prefix| symbols.split_at_checked(prefix))
            .ok_or(LicenseKeyError::Length)?;

        let mut values = Zeroizing::new(Vec::with_capacity(SYMBOLS));
        for symbol in body.bytes() {
            let value = ALPHABET.iter().position(|it| *it == fold(symbol));
            let value = value.and_then(|it| u8::try_from(it).ok());
            values.push(value.ok_or(LicenseKeyError::Symbol(symbol.into()))?);
        }
        let (random, check) = values
            .split_at_checked(RANDOM_SYMBOLS)
            .ok_or(LicenseKeyError::Length)?;
        if checksum::of(prefix.bytes().map(fold), random) != check {
            return Err(LicenseKeyError::Checksum);
        }
        Ok(Self::new(prefix, &values))
    }

    /// The key with its prefix folded like its symbols: what is hashed and
    /// compared, since two spellings of one key have it in common.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The key itself, for the one who may see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.shown
    }

    /// The last four symbols, for telling keys apart in a list or a log.
    #[must_use]
    pub fn last_four(&self) -> &str {
        self.canonical
            .len()
            .checked_sub(4)
            .and_then(|at| self.canonical.get(at..))
            .unwrap_or("")
    }

    fn new(prefix: &str, values: &[u8]) -> Self {
        let mut body = Zeroizing::new(String::with_capacity(SYMBOLS + SYMBOLS / GROUP));
        for group in values.chunks(GROUP) {
            body.push('-');
            let symbols = group
                .iter()
                .filter_map(|value| ALPHABET.get(usize::from(*value)));
            body.extend(symbols.map(|symbol| char::from(*symbol)));
        }
        let spelled = |prefix: &mut dyn Iterator<Item = u8>| {
            let mut text = String::with_capacity(MAX_PREFIX + body.len());
            text.extend(prefix.map(char::from));
            text.push_str(&body);
            text
        };
        Self {
            shown: spelled(&mut prefix.bytes()),
            canonical: spelled(&mut prefix.bytes().map(fold)),
        }
    }
}

impl fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LicenseKey(…{})", self.last_four())
    }
}

/// Why a text is no license key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseKeyError {
    /// Too few symbols, or too many.
    #[error("a license key is a prefix and 25 symbols")]
    Length,
    /// A character that no key has.
    #[error("a license key has no {0:?}")]
    Symbol(char),
    /// The symbols do not belong together: a typing error.
    #[error("the license key has a typing error")]
    Checksum,
    /// The prefix is not `[A-Z0-9]{1,16}`.
    #[error("a license key's prefix is 1 to 16 of A-Z and 0-9")]
    Prefix,
}

impl LicenseKeyError {
    /// The word for this error, [`Code::LicenseKeyMalformed`].
    #[must_use]
    pub const fn code(self) -> Code {
        Code::LicenseKeyMalformed
    }
}

/// One symbol for those that look alike: O is 0, I and L are 1.
fn fold(symbol: u8) -> u8 {
    match symbol {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    }
}

fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '\u{2010}'..='\u{2015}')
        // Mails and web pages break lines with what nobody sees.
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// What may stand around a key where it was copied from.
fn is_around(character: char) -> bool {
    matches!(
        character,
        '"' | '\''
            | '`'
            | '<'
            | '>'
            | '('
            | ')'
            | '['
            | ']'
            | '.'
            | ','
            | ';'
            | ':'
            | '*'
            | '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}'
    )
}

fn low_five(bits: u128) -> u8 {
    let [.., low] = bits.to_be_bytes();
    low & 31
}
