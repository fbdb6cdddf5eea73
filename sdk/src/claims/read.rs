//! Claims from a token's payload. Claims that this version does not know are
//! ignored; a claim that it knows must be of its type, and `null` is no type.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::str::FromStr;

use crate::{
    Claims, ClaimsError, Grace, PolicyRef, UnixTime, VerifyError,
    json::{Json, Object},
};

const MISSING: &str = "is missing";
const STRING: &str = "must be a string";
const SECONDS: &str = "must be an integer of Unix seconds";
const COUNT: &str = "must be an integer from 0 to 2^53 - 1";

impl Claims {
    pub(crate) fn read(payload: &Object<'_>) -> Result<Self, VerifyError> {
        match payload.get("v") {
            Some(Json::Integer(1)) => {}
            Some(Json::Integer(found)) => {
                return Err(VerifyError::UnsupportedVersion { found: *found });
            }
            Some(_) => return Err(ClaimsError::new("v", "must be an integer").into()),
            None => return Err(ClaimsError::new("v", MISSING).into()),
        }
        let claims = Reader(payload).claims()?;
        claims.check()?;
        Ok(claims)
    }
}

struct Reader<'r, 'a>(&'r Object<'a>);

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
        let mut entitlements = items
            .iter()
            .map(|item| match item {
                Json::String(code) => Ok(String::from(code.as_ref())),
                _ => Err(refused("must be strings")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        entitlements.sort_unstable();
        Ok(entitlements)
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

    fn string(&self, claim: &'static str) -> Result<Option<String>, ClaimsError> {
        Ok(self.str(claim)?.map(Into::into))
    }

    fn word<T: FromStr>(&self, claim: &'static str) -> Result<Option<T>, ClaimsError> {
        let unknown = |_| ClaimsError::new(claim, "has a value that version 1 does not know");
        self.str(claim)?
            .map(|word| word.parse().map_err(unknown))
            .transpose()
    }

    fn str(&self, claim: &'static str) -> Result<Option<&str>, ClaimsError> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Json::String(value)) => Ok(Some(value)),
            Some(_) => Err(ClaimsError::new(claim, STRING)),
        }
    }

    fn time(&self, claim: &'static str) -> Result<Option<UnixTime>, ClaimsError> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Json::Integer(seconds)) => Ok(Some(UnixTime::from_secs(*seconds))),
            Some(_) => Err(ClaimsError::new(claim, SECONDS)),
        }
    }

    fn count(&self, claim: &'static str) -> Result<Option<u64>, ClaimsError> {
        self.0
            .get(claim)
            .map(|value| count(claim, value))
            .transpose()
    }

    fn flag(&self, claim: &'static str) -> Result<bool, ClaimsError> {
        match self.0.get(claim) {
            None => Ok(false),
            Some(Json::Bool(value)) => Ok(*value),
            Some(_) => Err(ClaimsError::new(claim, "must be true or false")),
        }
    }
}

fn count(claim: &'static str, value: &Json<'_>) -> Result<u64, ClaimsError> {
    let Json::Integer(integer) = value else {
        return Err(ClaimsError::new(claim, COUNT));
    };
    u64::try_from(*integer).map_err(|_| ClaimsError::new(claim, COUNT))
}

fn required<T>(claim: &'static str, value: Option<T>) -> Result<T, ClaimsError> {
    value.ok_or(ClaimsError::new(claim, MISSING))
}
