//! Members of a signed JSON object, each of its type or refused. `null` is no type,
//! and members that this version does not know are never asked for.

use alloc::string::String;
use core::str::FromStr;

use crate::{
    ClaimsError, UnixTime, VerifyError,
    json::{Json, Object},
};

pub(crate) const MISSING: &str = "is missing";
const STRING: &str = "must be a string";
const SECONDS: &str = "must be an integer of Unix seconds";
const COUNT: &str = "must be an integer from 0 to 2^53 - 1";

pub(crate) struct Reader<'r, 'a>(pub(crate) &'r Object<'a>);

impl<'a> Reader<'_, 'a> {
    /// `v` must be 1.
    pub(crate) fn version(&self) -> Result<(), VerifyError> {
        match self.0.get("v") {
            Some(Json::Integer(1)) => Ok(()),
            Some(Json::Integer(found)) => Err(VerifyError::UnsupportedVersion { found: *found }),
            Some(_) => Err(ClaimsError::new("v", "must be an integer").into()),
            None => Err(ClaimsError::new("v", MISSING).into()),
        }
    }

    pub(crate) fn string(&self, claim: &'static str) -> Result<Option<String>, ClaimsError> {
        Ok(self.str(claim)?.map(Into::into))
    }

    pub(crate) fn word<T: FromStr>(&self, claim: &'static str) -> Result<Option<T>, ClaimsError> {
        let unknown = |_| ClaimsError::new(claim, "has a value that version 1 does not know");
        self.str(claim)?
            .map(|word| word.parse().map_err(unknown))
            .transpose()
    }

    pub(crate) fn str(&self, claim: &'static str) -> Result<Option<&str>, ClaimsError> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Json::String(value)) => Ok(Some(value)),
            Some(_) => Err(ClaimsError::new(claim, STRING)),
        }
    }

    pub(crate) fn time(&self, claim: &'static str) -> Result<Option<UnixTime>, ClaimsError> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Json::Integer(seconds)) => Ok(Some(UnixTime::from_secs(*seconds))),
            Some(_) => Err(ClaimsError::new(claim, SECONDS)),
        }
    }

    pub(crate) fn count(&self, claim: &'static str) -> Result<Option<u64>, ClaimsError> {
        self.0
            .get(claim)
            .map(|value| count(claim, value))
            .transpose()
    }

    pub(crate) fn flag(&self, claim: &'static str) -> Result<bool, ClaimsError> {
        match self.0.get(claim) {
            None => Ok(false),
            Some(Json::Bool(value)) => Ok(*value),
            Some(_) => Err(ClaimsError::new(claim, "must be true or false")),
        }
    }

    /// An array of objects; none where it is left out.
    pub(crate) fn objects(
        &self,
        claim: &'static str,
    ) -> Result<impl Iterator<Item = &Object<'a>>, ClaimsError> {
        let items = match self.0.get(claim) {
            None => &[],
            Some(Json::Array(items)) => items.as_slice(),
            Some(_) => return Err(ClaimsError::new(claim, "must be an array")),
        };
        if items.iter().all(|item| matches!(item, Json::Object(_))) {
            Ok(items.iter().filter_map(|item| match item {
                Json::Object(object) => Some(object),
                _ => None,
            }))
        } else {
            Err(ClaimsError::new(claim, "must be objects"))
        }
    }
}

pub(crate) fn count(claim: &'static str, value: &Json<'_>) -> Result<u64, ClaimsError> {
    let Json::Integer(integer) = value else {
        return Err(ClaimsError::new(claim, COUNT));
    };
    u64::try_from(*integer).map_err(|_| ClaimsError::new(claim, COUNT))
}

pub(crate) fn required<T>(claim: &'static str, value: Option<T>) -> Result<T, ClaimsError> {
    value.ok_or(ClaimsError::new(claim, MISSING))
}
