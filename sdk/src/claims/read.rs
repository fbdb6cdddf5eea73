//! Claims from a token's payload. Claims that this version does not know are
//! ignored; a claim that it knows must be of its type, and `null` is no type.

use alloc::{
    collections::{BTreeMap, BinaryHeap},
    string::String,
    vec::Vec,
};

use crate::{
    Claims, ClaimsError, Grace, PolicyRef, VerifyError,
    json::{Json, Object},
    reader::{MISSING, Reader, count, required},
};

impl Claims {
    pub(crate) fn read(payload: &Object<'_>) -> Result<Self, VerifyError> {
        let reader = Reader(payload);
        reader.version()?;
        let claims = reader.claims()?;
        claims.check()?;
        Ok(claims)
    }
}

impl Reader<'_, '_> {
    fn claims(&self) -> Result<Claims, ClaimsError> {
        Ok(Claims {
            iss: required("iss", self.string("iss")?)?,
            aud: required("aud", self.string("aud")?)?,
            sub: required("sub", self.string("sub")?)?,
            jti: required("jti", self.string("jti")?)?,
            seq: required("seq", self.count("seq")?)?,
            iat: required("iat", self.time("iat")?)?,
            nbf: self.time("nbf")?,
            exp: required("exp", self.time("exp")?)?,
            status: required("status", self.word("status")?)?,
            reason: self.string("reason")?,
            policy: self.policy()?,
            entitlements: self.entitlements()?,
            limits: self.limits()?,
            expires_at: self.time("expiresAt")?,
            renews_at: self.time("renewsAt")?,
            grace: self.grace()?,
            refresh_after: self.time("refreshAfter")?,
            fingerprint: self.string("fingerprint")?,
            nonce: self.string("nonce")?,
            test: self.flag("test")?,
        })
    }

    fn policy(&self) -> Result<PolicyRef, ClaimsError> {
        let refused = |rule| ClaimsError::new("policy", rule);
        let policy = match self.0.get("policy") {
            Some(Json::Object(policy)) => policy,
            Some(_) => return Err(refused("must be an object")),
            None => return Err(refused(MISSING)),
        };
        let member = |name| match policy.get(name) {
            Some(Json::String(value)) => Ok(value.as_ref().into()),
            _ => Err(refused("must have a string id and a string name")),
        };
        Ok(PolicyRef {
            id: member("id")?,
            name: member("name")?,
        })
    }

    /// In byte order, whatever order they were written in: it is a set, and
    /// [`License`](crate::License) searches it.
    fn entitlements(&self) -> Result<Vec<String>, ClaimsError> {
        let refused = |rule| ClaimsError::new("entitlements", rule);
        let items = match self.0.get("entitlements") {
            Some(Json::Array(items)) => items,
            Some(_) => return Err(refused("must be an array")),
            None => return Err(refused(MISSING)),
        };
        let entitlements = items
            .iter()
            .map(|item| match item {
                Json::String(code) => Ok(String::from(code.as_ref())),
                _ => Err(refused("must be strings")),
            })
            .collect::<Result<BinaryHeap<_>, _>>()?;
        Ok(entitlements.into_sorted_vec())
    }

    fn limits(&self) -> Result<BTreeMap<String, u64>, ClaimsError> {
        match self.0.get("limits") {
            None => Ok(BTreeMap::new()),
            Some(Json::Object(limits)) => limits
                .members()
                .map(|(code, limit)| Ok((code.into(), count("limits", limit)?)))
                .collect(),
            Some(_) => Err(ClaimsError::new("limits", "must be an object")),
        }
    }

    fn grace(&self) -> Result<Option<Grace>, ClaimsError> {
        match (self.time("graceEndsAt")?, self.word("graceReason")?) {
            (Some(ends_at), Some(reason)) => Ok(Some(Grace { ends_at, reason })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(ClaimsError::new(
                "graceReason",
                "must stand with graceEndsAt",
            )),
            (None, Some(_)) => Err(ClaimsError::new(
                "graceEndsAt",
                "must stand with graceReason",
            )),
        }
    }
}
