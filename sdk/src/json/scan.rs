//! From text to tree in one pass: RFC 8259 to the letter, and nothing that is
//! customary besides it.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::cmp::Ordering;

use super::{Json, JsonError, MAX_DEPTH, Object};

type Read<T> = Result<T, JsonError>;

/// A text, and how far it has been read.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// One value, and nothing after it.
    pub(super) fn whole(mut self) -> Read<Json<'a>> {
        let json = self.value(0)?;
        match self.next_token() {
            None => Ok(json),
            Some(_) => Err(JsonError::Syntax),
        }
    }

    fn value(&mut self, depth: u8) -> Read<Json<'a>> {
        match self.next_token().ok_or(JsonError::Syntax)? {
            b'{' => self.object(inner(depth)?).map(Json::Object),
            b'[' => self.array(inner(depth)?).map(Json::Array),
            b'"' => self.string().map(Json::String),
            b'-' | b'0'..=b'9' => self.number(),
            b'n' => self.word("null", Json::Null),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            _ => Err(JsonError::Syntax),
        }
    }

    fn object(&mut self, depth: u8) -> Read<Object<'a>> {
        let mut members = Vec::new();
        let mut more = self.opens(b'}');
        while more {
            if self.next_token() != Some(b'"') {
                return Err(JsonError::Syntax);
            }
            let name = self.string()?;
            if self.next_token() != Some(b':') {
                return Err(JsonError::Syntax);
            }
            self.step();
            members.push((name, self.value(depth)?));
            more = self.goes_on(b'}')?;
        }
        Object::from_members(members)
    }

    fn array(&mut self, depth: u8) -> Read<Vec<Json<'a>>> {
        let mut items = Vec::new();
        let mut more = self.opens(b']');
        while more {
            items.push(self.value(depth)?);
            more = self.goes_on(b']')?;
        }
        Ok(items)
    }

    /// Steps over an opening bracket; whether anything is in it.
    fn opens(&mut self, close: u8) -> bool {
        self.step();
        let empty = self.next_token() == Some(close);
        if empty {
            self.step();
        }
        !empty
    }

    /// Steps over a comma or a closing bracket; whether it was a comma.
    fn goes_on(&mut self, close: u8) -> Read<bool> {
        let token = self.next_token();
        self.step();
        match token {
            Some(b',') => Ok(true),
            Some(it) if it == close => Ok(false),
            _ => Err(JsonError::Syntax),
        }
    }

    fn word(&mut self, word: &str, json: Json<'a>) -> Read<Json<'a>> {
        if !self.rest().starts_with(word) {
            return Err(JsonError::Syntax);
        }
        self.at = self.at.saturating_add(word.len());
        Ok(json)
    }

    fn number(&mut self) -> Read<Json<'a>> {
        let rest = self.rest();
        if self.peek() == Some(b'-') {
            self.step();
        }
        match self.peek() {
            Some(b'0') => self.step(),
            _ => self.digits()?,
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.step();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            whole = false;
            self.step();
            if let Some(b'+' | b'-') = self.peek() {
                self.step();
            }
            self.digits()?;
        }
        let length = rest.len().saturating_sub(self.rest().len());
        let text = rest.get(..length).ok_or(JsonError::Syntax)?;
        if let (true, Ok(integer)) = (whole && text != "-0", text.parse()) {
            return Ok(Json::Integer(integer));
        }
        match is_in_range(text) {
            true => Ok(Json::Number),
            false => Err(JsonError::NumberRange),
        }
    }

    /// At least one.
    fn digits(&mut self) -> Read<()> {
        let digits = self.rest().bytes();
        let count = digits.take_while(u8::is_ascii_digit).count();
        self.at = self.at.saturating_add(count);
        if count == 0 {
            return Err(JsonError::Syntax);
        }
        Ok(())
    }

    fn string(&mut self) -> Read<Cow<'a, str>> {
        self.step();
        let (plain, end) = self.plain()?;
        if end == b'"' {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = String::from(plain);
        loop {
            text.push(self.escaped()?);
            let (plain, end) = self.plain()?;
            text.push_str(plain);
            if end == b'"' {
                return Ok(Cow::Owned(text));
            }
        }
    }

    /// What stands for itself, and the quote or backslash after it, which is stepped
    /// over.
    fn plain(&mut self) -> Read<(&'a str, u8)> {
        let rest = self.rest();
        let special = |it: u8| it == b'"' || it == b'\\' || it < b' ';
        let at = rest.bytes().position(special).ok_or(JsonError::Syntax)?;
        let (plain, rest) = rest.split_at_checked(at).ok_or(JsonError::Syntax)?;
        self.at = self.at.saturating_add(at).saturating_add(1);
        match rest.bytes().next() {
            Some(end @ (b'"' | b'\\')) => Ok((plain, end)),
            _ => Err(JsonError::Syntax),
        }
    }

    /// What stands after a backslash.
    fn escaped(&mut self) -> Read<char> {
        let letter = self.peek().ok_or(JsonError::Syntax)?;
        self.step();
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(JsonError::Syntax),
        })
    }

    /// `XXXX`, or two surrogates that belong together: `D83D\uDE00`.
    fn unicode(&mut self) -> Read<char> {
        let unit = self.hexadecimal()?;
        let code = match unit {
            0xd800..=0xdbff => {
                self.word("\\u", Json::Null)?;
                let low = self.hexadecimal()?;
                if !(0xdc00..=0xdfff).contains(&low) {
                    return Err(JsonError::Syntax);
                }
                0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
            }
            unit => unit,
        };
        char::from_u32(code).ok_or(JsonError::Syntax)
    }

    fn hexadecimal(&mut self) -> Read<u32> {
        let digits = self.rest().get(..4).ok_or(JsonError::Syntax)?;
        let digit = |value: Option<u32>, it: char| Some(value? << 4 | it.to_digit(16)?);
        let value = digits.chars().fold(Some(0), digit);
        self.at = self.at.saturating_add(4);
        value.ok_or(JsonError::Syntax)
    }

    /// The next character that is no white space, not stepped over.
    fn next_token(&mut self) -> Option<u8> {
        let space = |it: &u8| matches!(it, b' ' | b'\t' | b'\n' | b'\r');
        let count = self.rest().bytes().take_while(space).count();
        self.at = self.at.saturating_add(count);
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

fn inner(depth: u8) -> Read<u8> {
    if depth < MAX_DEPTH {
        Ok(depth.saturating_add(1))
    } else {
        Err(JsonError::TooDeep)
    }
}

/// The first digits of what a 64-bit float rounds to infinity, 1.797…e308.
const TOO_LARGE: &[u8] = b"179769313486231581";
const TOO_LARGE_DIGITS: i64 = 309;

/// Whether a number is within the range of a 64-bit float. Told by its digits: a float
/// of it is wanted by nobody, and reading one takes tables of ten kilobytes.
fn is_in_range(number: &str) -> bool {
    let (number, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.bytes().chain(fraction.bytes());
    let digits = digits.filter(u8::is_ascii_digit);
    let zeros = digits.clone().take_while(|it| *it == b'0').count();
    let whole = whole.bytes().filter(u8::is_ascii_digit).count();
    let count = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
    // An exponent of more digits than this has is far out of range, either way.
    let exponent = match exponent.parse::<i64>() {
        Ok(exponent) => exponent,
        Err(_) if exponent.starts_with('-') => return true,
        Err(_) => i64::MAX,
    };
    let significant = digits.skip(zeros);
    if significant.clone().next().is_none() {
        return true;
    }
    let magnitude = count(whole)
        .saturating_sub(count(zeros))
        .saturating_add(exponent);
    let first = significant.chain(core::iter::repeat(b'0'));
    match magnitude.cmp(&TOO_LARGE_DIGITS) {
        Ordering::Less => true,
        Ordering::Equal => first.take(TOO_LARGE.len()).lt(TOO_LARGE.iter().copied()),
        Ordering::Greater => false,
    }
}
