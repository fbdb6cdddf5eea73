//! Reads JSON so strictly that a text has one meaning: no duplicate members at
//! any level, a bounded depth, integers told apart from other numbers, no lone
//! surrogates, nothing after the value.
//!
//! The tree borrows from the text wherever a string has no escapes.

mod scan;

use alloc::{borrow::Cow, collections::BinaryHeap, vec::Vec};
use core::{cmp::Ordering, str};

use scan::Scanner;

/// Objects and arrays may nest this deep, the outermost counted as 1.
pub(crate) const MAX_DEPTH: u8 = 8;

/// Why a text is not JSON as a token must have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Not JSON as RFC 8259 has it, a lone surrogate, or something after it.
    #[error("not JSON")]
    Syntax,
    /// An object has two members of one name.
    #[error("an object has two members of one name")]
    DuplicateMember,
    /// Deeper than 8 levels.
    #[error("nested deeper than 8 levels")]
    TooDeep,
    /// A number beyond any 64-bit float.
    #[error("a number is out of range")]
    NumberRange,
    /// The outermost value is not an object.
    #[error("not an object")]
    NotAnObject,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// Written without fraction or exponent, and within 64 bits. Not `-0`.
    Integer(i64),
    /// Any other number.
    Number,
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Object<'a>),
}

/// Members in [`order`] of their names, each name once.
#[derive(Debug, PartialEq)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, JsonError> {
        match parse(bytes)? {
            Json::Object(object) => Ok(object),
            _ => Err(JsonError::NotAnObject),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        let at = self.0.binary_search_by(|(it, _)| order(it, name)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The member, where it is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Json::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The member, where it is an object.
    pub(crate) fn object(&self, name: &str) -> Option<&Self> {
        match self.get(name) {
            Some(Json::Object(object)) => Some(object),
            _ => None,
        }
    }

    /// The member, where it is an integer.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Json::Integer(integer)) => Some(*integer),
            _ => None,
        }
    }

    /// The member, where it is an integer and not negative.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        u64::try_from(self.integer(name)?).ok()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    fn from_members(members: Vec<(Cow<'a, str>, Json<'a>)>) -> Result<Self, JsonError> {
        let members: BinaryHeap<_> = members.into_iter().map(ByName).collect();
        let members: Vec<_> = members
            .into_sorted_vec()
            .into_iter()
            .map(|it| it.0)
            .collect();
        let repeated = members
            .windows(2)
            .any(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
        if repeated {
            Err(JsonError::DuplicateMember)
        } else {
            Ok(Self(members))
        }
    }
}

/// Sorted by way of a heap: a slice's own sort is made for speed with many items, and
/// would be a quarter of the code that a web page loads.
struct ByName<'a>((Cow<'a, str>, Json<'a>));

impl Ord for ByName<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.0.0, &other.0.0)
    }
}

impl PartialOrd for ByName<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ByName<'_> {}

/// Shorter names first: names rarely need to be compared byte by byte.
fn order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn parse(bytes: &[u8]) -> Result<Json<'_>, JsonError> {
    let text = str::from_utf8(bytes).map_err(|_| JsonError::Utf8)?;
    Scanner::new(text).whole()
}

#[cfg(test)]
mod tests;
