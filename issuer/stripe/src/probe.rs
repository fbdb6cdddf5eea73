//! Reads members of Stripe's JSON without trusting any of them to be there.

use std::collections::BTreeMap;

use paidup_lifecycle::{Period, Timestamp};
use serde_json::Value;

use crate::FactError;

const MAX_ID: usize = 255;
const MAX_METADATA: usize = 50;

/// A JSON object of Stripe's.
#[derive(Clone, Copy)]
pub(crate) struct Probe<'a>(&'a Value);

impl<'a> Probe<'a> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self(value)
    }

    /// The member, unless it is absent or `null`.
    pub(crate) fn member(self, name: &str) -> Option<Probe<'a>> {
        self.0.get(name).filter(|value| !value.is_null()).map(Probe)
    }

    /// Follows several members.
    pub(crate) fn path(self, names: &[&str]) -> Option<Probe<'a>> {
        names.iter().try_fold(self, |at, name| at.member(name))
    }

    /// The elements of an array, or of a list object's `data`.
    pub(crate) fn list(self, name: &str) -> impl Iterator<Item = Probe<'a>> + use<'a> {
        let list = self
            .member(name)
            .and_then(|it| it.0.as_array().or(it.0.get("data")?.as_array()));
        list.into_iter().flatten().map(Probe)
    }

    /// The list object has more elements than it carries.
    pub(crate) fn is_truncated(self, name: &str) -> bool {
        self.member(name).is_some_and(|it| it.flag("has_more"))
    }

    pub(crate) fn text(self, name: &str) -> Option<String> {
        self.member(name)?.0.as_str().map(without_nul)
    }

    /// The members of an object that are text, such as `metadata`: at most 50, as Stripe
    /// keeps them (<https://docs.stripe.com/metadata>).
    pub(crate) fn texts(self, name: &str) -> BTreeMap<String, String> {
        let members = self.member(name).and_then(|it| it.0.as_object());
        let texts = members
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((without_nul(key), without_nul(value.as_str()?))));
        texts.take(MAX_METADATA).collect()
    }

    pub(crate) fn str(self, name: &str) -> Option<&'a str> {
        self.member(name)?.0.as_str()
    }

    pub(crate) fn flag(self, name: &str) -> bool {
        self.member(name)
            .and_then(|it| it.0.as_bool())
            .unwrap_or(false)
    }

    pub(crate) fn integer(self, name: &str) -> Option<i64> {
        self.member(name)?.0.as_i64()
    }

    pub(crate) fn amount(self, name: &str) -> Option<u64> {
        self.member(name)?.0.as_u64()
    }

    pub(crate) fn time(self, name: &str) -> Option<Timestamp> {
        self.integer(name).map(Timestamp)
    }

    /// From `start` to `end` of the member `period`.
    pub(crate) fn period(self) -> Period {
        let bound = |name| self.path(&["period"]).and_then(|it| it.time(name));
        Period {
            start: bound("start").unwrap_or_default(),
            end: bound("end").unwrap_or_default(),
        }
    }

    /// The object's own identifier.
    pub(crate) fn id(self) -> Result<String, FactError> {
        let id = self.member("id").ok_or(FactError::Missing("id"))?;
        id.identifier().ok_or(FactError::NotAnIdentifier("id"))
    }

    /// A reference to another object: its identifier, or the object itself
    /// where it was expanded.
    pub(crate) fn reference(self, name: &'static str) -> Result<Option<String>, FactError> {
        let Some(member) = self.member(name) else {
            return Ok(None);
        };
        let target = if member.0.is_object() {
            member.member("id")
        } else {
            Some(member)
        };
        match target.and_then(Probe::identifier) {
            Some(id) => Ok(Some(id)),
            None => Err(FactError::NotAnIdentifier(name)),
        }
    }

    // Identifiers end up in the paths of API requests.
    fn identifier(self) -> Option<String> {
        let text = self.0.as_str()?;
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        let usable = plain && !text.is_empty() && text.len() <= MAX_ID && !text.starts_with('.');
        usable.then(|| text.to_owned())
    }
}

/// PostgreSQL stores every character but NUL, which no text needs.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}
