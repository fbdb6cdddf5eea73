//! The header has exactly three members, and none of them chooses what the
//! verifier does.
//!
//! ```text
//! {"alg":"EdDSA","typ":"license+jwt","kid":"<key id, 43 characters>"}
//! ```

use alloc::{format, string::String};

use crate::{
    HeaderMember, KeyId, VerifyError,
    json::{Json, Object},
    jws::Kind,
};

const MAX_BYTES: usize = 512;

/// How the header spells Ed25519. Verifiers take both; it is the same signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// `EdDSA`, RFC 8037: what JWT libraries know.
    #[default]
    EdDsa,
    /// `Ed25519`, RFC 9864: the name that says which curve.
    Ed25519,
}

impl Algorithm {
    /// The value of `alg`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
        }
    }
}

/// Writes the header of a signed text of that kind.
pub(crate) fn write(algorithm: Algorithm, key_id: &KeyId, kind: Kind) -> String {
    format!(
        r#"{{"alg":"{}","typ":"{}","kid":"{key_id}"}}"#,
        algorithm.as_str(),
        kind.typ
    )
}

/// Reads the header of a signed text of that kind: the name of the key.
pub(crate) fn read(bytes: &[u8], kind: Kind) -> Result<KeyId, VerifyError> {
    if bytes.len() > MAX_BYTES {
        return Err(VerifyError::HeaderTooLarge { bytes: bytes.len() });
    }
    let header = Object::parse(bytes).map_err(VerifyError::Header)?;

    let alg = member(&header, HeaderMember::Alg)?;
    if ![Algorithm::EdDsa, Algorithm::Ed25519]
        .iter()
        .any(|it| it.as_str() == alg)
    {
        return Err(VerifyError::UnsupportedAlgorithm { found: alg.into() });
    }
    let known = [HeaderMember::Alg, HeaderMember::Typ, HeaderMember::Kid];
    let foreign = header
        .members()
        .find(|(name, _)| known.iter().all(|it| it.as_str() != *name));
    if let Some((member, _)) = foreign {
        return Err(VerifyError::UnsupportedHeader {
            member: member.into(),
        });
    }
    let typ = member(&header, HeaderMember::Typ)?;
    if typ != kind.typ {
        return Err(VerifyError::WrongType {
            found: typ.into(),
            expected: kind.typ,
        });
    }
    member(&header, HeaderMember::Kid)?
        .parse()
        .map_err(|_| VerifyError::KeyId)
}

fn member<'h>(header: &'h Object<'_>, member: HeaderMember) -> Result<&'h str, VerifyError> {
    match header.get(member.as_str()) {
        Some(Json::String(value)) => Ok(value),
        _ => Err(VerifyError::HeaderMember(member)),
    }
}
