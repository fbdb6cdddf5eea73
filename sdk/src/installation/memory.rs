//! What an installation remembers, in two places, and how it is kept from editors
//! and accidents.
//!
//! ```text
//! paidup-state 1
//! <HMAC-SHA256 of the line below, base64url>
//! {"contact":3,"licenseKey":…,"token":…,…}
//! ```

use alloc::{collections::BTreeMap, format, string::String};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    KeyId, Roots, Seen, UnixTime, base64url,
    json::{Json, Object},
};

/// Neither place is ever larger, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// So many licenses are remembered; more than anybody types keys for.
const MAX_SEEN: usize = 16;

/// Everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Memory {
    /// What the witness knows too.
    #[serde(flatten)]
    pub(super) witness: Witness,
    pub(super) license_key: Option<SecretText>,
    pub(super) token: Option<String>,
    pub(super) keyset: Option<String>,
    /// True time minus the machine's clock, in seconds, at the last contact.
    pub(super) clock_offset: Option<i64>,
    /// The seat's id.
    pub(super) machine: Option<String>,
    /// The nonce of the offline request whose response is awaited.
    pub(super) awaited: Option<String>,
    /// The license key of that request, where it is to activate.
    pub(super) awaited_key: Option<SecretText>,
    pub(super) failing_since: Option<UnixTime>,
}

/// What the second place remembers, so that putting back an older first one shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Witness {
    /// How many replies were accepted: which of the two places is newer.
    pub(super) contact: u64,
    pub(super) watermark: Option<UnixTime>,
    /// The earliest reading far beyond the watermark, which does not follow it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) leap: Option<UnixTime>,
    /// The newest token of each license.
    pub(super) seen: BTreeMap<String, SeenToken>,
    pub(super) keyset_version: u64,
    /// The root that has signed the keyset of that version.
    pub(super) keyset_root: Option<KeyId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct SeenToken {
    pub(super) seq: u64,
    pub(super) iat: UnixTime,
    pub(super) kid: KeyId,
}

/// A secret that does not show itself.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct SecretText(Zeroizing<String>);

impl SecretText {
    pub(super) fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SecretText([elided])")
    }
}

/// What was found in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<T> {
    /// Nothing, or nothing that can be read.
    Nothing,
    /// Written by this app on this machine, and not touched since.
    Ours(T),
    /// Readable, but written elsewhere or changed by hand: what is signed in it can
    /// be believed, the rest cannot.
    Foreign(T),
}

/// What can be read from a place. A member that is not as it should be is absent: in
/// what this app has written there is none.
pub(super) trait Kept: Sized {
    fn read(object: &Object<'_>) -> Self;
}

impl Kept for Memory {
    fn read(object: &Object<'_>) -> Self {
        let text = |name| object.text(name).map(String::from);
        let secret = |name| object.text(name).map(SecretText::new);
        Self {
            witness: Witness::read(object),
            license_key: secret("licenseKey"),
            token: text("token"),
            keyset: text("keyset"),
            clock_offset: object.integer("clockOffset"),
            machine: text("machine"),
            awaited: text("awaited"),
            awaited_key: secret("awaitedKey"),
            failing_since: time(object, "failingSince"),
        }
    }
}

impl Kept for Witness {
    fn read(object: &Object<'_>) -> Self {
        let seen = object.object("seen");
        let seen = seen.map(|it| it.members().filter_map(SeenToken::read).collect());
        Self {
            contact: object.count("contact").unwrap_or_default(),
            watermark: time(object, "watermark"),
            leap: time(object, "leap"),
            seen: seen.unwrap_or_default(),
            keyset_version: object.count("keysetVersion").unwrap_or_default(),
            keyset_root: object.text("keysetRoot").and_then(|it| it.parse().ok()),
        }
    }
}

impl SeenToken {
    fn read((license, token): (&str, &Json<'_>)) -> Option<(String, Self)> {
        let Json::Object(token) = token else {
            return None;
        };
        let token = Self {
            seq: token.count("seq")?,
            iat: time(token, "iat")?,
            kid: token.text("kid")?.parse().ok()?,
        };
        Some((license.into(), token))
    }
}

fn time(object: &Object<'_>, name: &str) -> Option<UnixTime> {
    object.integer(name).map(UnixTime::from_secs)
}

impl<T: Kept> Found<T> {
    pub(super) fn read(kind: &str, bytes: Option<&[u8]>, key: &[u8; 32]) -> Self {
        let text = bytes
            .filter(|it| it.len() <= MAX_BYTES)
            .and_then(|it| core::str::from_utf8(it).ok());
        let Some((mac, body)) = text
            .and_then(|it| it.strip_prefix(kind))
            .and_then(|it| it.strip_prefix(" 1\n"))
            .and_then(|it| it.split_once('\n'))
        else {
            return Self::Nothing;
        };
        let body = body.trim_end();
        let Ok(object) = Object::parse(body.as_bytes()) else {
            return Self::Nothing;
        };
        let value = T::read(&object);
        let ours = base64url::decode(mac.trim_end())
            .is_some_and(|mac| hmac(kind, body, key).verify_slice(&mac).is_ok());
        if ours {
            Self::Ours(value)
        } else {
            Self::Foreign(value)
        }
    }
}

pub(super) fn write(kind: &str, value: &impl Serialize, key: &[u8; 32]) -> Zeroizing<String> {
    // String keys and integers only: encoding cannot fail.
    let body = Zeroizing::new(serde_json::to_string(value).unwrap_or_default());
    let mac = base64url::encode(&hmac(kind, &body, key).finalize().into_bytes());
    Zeroizing::new(format!("{kind} 1\n{mac}\n{}\n", *body))
}

fn hmac(kind: &str, body: &str, key: &[u8; 32]) -> Hmac<Sha256> {
    // RFC 2104 §2: a key is filled up with zeros to the hash's block.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(kind.as_bytes());
    mac.update(body.as_bytes());
    mac
}

impl Witness {
    /// What is held against a token of that license.
    pub(super) fn seen(&self, license: &str) -> Seen {
        let seen = self.seen.get(license);
        Seen {
            seq: seen.map(|it| it.seq),
            issued_at: seen.map(|it| it.iat),
            key_id: seen.map(|it| it.kid),
            time: self.watermark,
        }
    }

    pub(super) fn remember(&mut self, license: &str, token: SeenToken) {
        self.seen.insert(license.into(), token);
        while self.seen.len() > MAX_SEEN {
            let others = self.seen.iter().filter(|(it, _)| *it != license);
            let Some(oldest) = others
                .min_by_key(|(_, it)| it.iat)
                .map(|(it, _)| it.clone())
            else {
                return;
            };
            self.seen.remove(&oldest);
        }
    }

    /// What two witnesses amount to: the one of the later contact, and where they
    /// know of the same one, the stricter word of each.
    pub(super) fn join(&mut self, other: Self) {
        if other.contact > self.contact {
            *self = other;
        } else if other.contact == self.contact {
            self.watermark = self.watermark.max(other.watermark);
            self.leap = [self.leap, other.leap].into_iter().flatten().min();
            self.join_keyset(&other);
            for (license, token) in other.seen {
                let known = self.seen.get(&license);
                if known.is_none_or(|it| (it.seq, it.iat) < (token.seq, token.iat)) {
                    self.remember(&license, token);
                }
            }
        } else {
            self.join_keyset(&other);
        }
    }

    fn join_keyset(&mut self, other: &Self) {
        if other.keyset_version > self.keyset_version {
            self.keyset_version = other.keyset_version;
            self.keyset_root = other.keyset_root;
        }
    }

    /// Forgets a version that was learned from a root that is pinned no more: whoever has
    /// stolen it may have counted as high as he liked.
    pub(super) fn forget_former_root(&mut self, roots: &Roots) {
        if self.keyset_root.is_some_and(|it| !roots.pins(&it)) {
            self.keyset_version = 0;
            self.keyset_root = None;
        }
    }
}
