//! Reads JSON so strictly that a text has one meaning: no duplicate members at
//! any level, a bounded depth, integers told apart from other numbers, no lone
//! surrogates, nothing after the value.
//!
//! The scanner is that of `serde_json`; the tree and its rules are here. The
//! tree borrows from the text wherever a string has no escapes.

use alloc::{borrow::Cow, vec::Vec};
use core::{cell::Cell, cmp::Ordering, fmt, str};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

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

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    fn from_members(mut members: Vec<(Cow<'a, str>, Json<'a>)>) -> Result<Self, JsonError> {
        members.sort_unstable_by(|(a, _), (b, _)| order(a, b));
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

/// Shorter names first: names rarely need to be compared byte by byte.
fn order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn parse(bytes: &[u8]) -> Result<Json<'_>, JsonError> {
    let text = str::from_utf8(bytes).map_err(|_| JsonError::Utf8)?;
    let fault = Cell::new(JsonError::Syntax);
    let mut scanner = serde_json::Deserializer::from_str(text);
    Value {
        depth: 0,
        fault: &fault,
    }
    .deserialize(&mut scanner)
    .and_then(|json| scanner.end().map(|()| json))
    .map_err(|_| fault.get())
}

/// Reads one value. `fault` carries the reason past serde's own error type,
/// which could only hold it as text.
#[derive(Clone, Copy)]
struct Value<'f> {
    depth: u8,
    fault: &'f Cell<JsonError>,
}

impl Value<'_> {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth < MAX_DEPTH {
            Ok(Self {
                depth: self.depth.saturating_add(1),
                ..self
            })
        } else {
            Err(self.fail(JsonError::TooDeep))
        }
    }

    fn fail<E: serde::de::Error>(self, fault: JsonError) -> E {
        self.fault.set(fault);
        E::custom(fault)
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Json::Number, Json::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Json::Number)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Owned(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inner = self.inner()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            let name = match key {
                MapKey::Name(name) => name,
                MapKey::NumberMarker => return map.next_value_seed(Digits(self)),
            };
            let value = map.next_value_seed(self.inner()?)?;
            members.push((name, value));
        }
        self.inner::<A::Error>()?;
        Object::from_members(members)
            .map(Json::Object)
            .map_err(|fault| self.fail(fault))
    }
}

/// What stands where a member's name is expected.
///
/// Some other crate of a user's build may enable `serde_json`'s feature
/// `arbitrary_precision`, which then holds for us too: a number no longer
/// arrives as a number but as a map of one member, whose name is a private
/// marker and whose value is the number's text. A true object could contain a
/// member of that very name, so the name itself must not decide. Asked for an
/// option, the scanner answers "some" for each name that is in the text, while
/// the marker, which is in no text, comes as a plain string.
enum MapKey<'de> {
    Name(Cow<'de, str>),
    NumberMarker,
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = MapKey<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = MapKey<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(Name).map(MapKey::Name)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(MapKey::NumberMarker)
    }
}

struct Name;

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.into()))
    }
}

/// The text of a number, see [`MapKey`].
struct Digits<'f>(Value<'f>);

impl<'de> DeserializeSeed<'de> for Digits<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Digits<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text of a number")
    }

    fn visit_str<E: serde::de::Error>(self, digits: &str) -> Result<Self::Value, E> {
        if digits == "-0" {
            return Ok(Json::Number);
        }
        if let Ok(integer) = digits.parse() {
            return Ok(Json::Integer(integer));
        }
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Json::Number),
            _ => Err(self.0.fail(JsonError::NumberRange)),
        }
    }
}

#[cfg(test)]
mod tests;
