//! The codes as C has them: the numbers are [`Code::number`]'s, and two of C's own.

use std::ffi::{CStr, c_char, c_int};

use sdk::Code;

use crate::boundary;

/// What a function answers. C may hand in any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct paidup_result(i32);

impl paidup_result {
    pub(crate) const OK: Self = Self(0);
    pub(crate) const INVALID_ARGUMENT: Self = Self(Code::InvalidArgument.number());
    pub(crate) const INTERNAL: Self = Self(390);

    /// The meaning and the next step.
    pub(crate) fn sentences(self) -> (&'static str, &'static str) {
        let words = self.words();
        let text = |it: &'static CStr| it.to_str().unwrap_or_default();
        (text(words.meaning), text(words.next_step))
    }

    fn words(self) -> Words {
        if self == Self::OK {
            return Words {
                name: c"OK",
                meaning: c"Done.",
                next_step: c"Nothing to do.",
            };
        }
        if self == Self::INTERNAL {
            return Words {
                name: c"INTERNAL",
                meaning: c"The license library has a fault.",
                next_step: c"This is an error of the library: tell the vendor.",
            };
        }
        Words::of_code(self.0).unwrap_or(Words {
            name: c"UNKNOWN",
            meaning: c"This number is no code of this version of the license library.",
            next_step: c"This is an error of the program: tell the vendor.",
        })
    }
}

impl From<Code> for paidup_result {
    fn from(code: Code) -> Self {
        Self(code.number())
    }
}

/// The code's name, such as "EXPIRED". It is the same word in every language and on
/// the wire. "UNKNOWN" for a number that is no code. Static: never freed.
#[unsafe(no_mangle)]
pub extern "C" fn paidup_result_name(result: paidup_result) -> *const c_char {
    boundary::value(c"".as_ptr(), || Some(result.words().name.as_ptr()))
}

/// What happened, as one English sentence for a human. Static: never freed.
#[unsafe(no_mangle)]
pub extern "C" fn paidup_result_meaning(result: paidup_result) -> *const c_char {
    boundary::value(c"".as_ptr(), || Some(result.words().meaning.as_ptr()))
}

/// The way out, as one English sentence for a human. Static: never freed.
#[unsafe(no_mangle)]
pub extern "C" fn paidup_result_next_step(result: paidup_result) -> *const c_char {
    boundary::value(c"".as_ptr(), || Some(result.words().next_step.as_ptr()))
}

/// 1 for PAIDUP_VALID and PAIDUP_GRACE, under which the app may be used; 0 for every
/// other number.
#[unsafe(no_mangle)]
pub extern "C" fn paidup_result_usable(result: paidup_result) -> c_int {
    let usable = [Code::Valid.number(), Code::Grace.number()];
    boundary::value(0, || Some(c_int::from(usable.contains(&result.0))))
}

struct Words {
    name: &'static CStr,
    meaning: &'static CStr,
    next_step: &'static CStr,
}

impl Words {
    fn of_code(number: i32) -> Option<Self> {
        let at = Code::ALL.iter().position(|it| it.number() == number)?;
        let before = Code::ALL.iter().take(at);
        let start = before.map(|it| length_of(*it)).sum();
        let mut rest = TEXTS.get(start..)?;
        let mut next = || {
            let text = CStr::from_bytes_until_nul(rest).ok()?;
            rest = rest.get(text.to_bytes_with_nul().len()..)?;
            Some(text)
        };
        Some(Self {
            name: next()?,
            meaning: next()?,
            next_step: next()?,
        })
    }
}

/// The texts of every code, in order, each with a NUL behind it, which Rust's have
/// not.
static TEXTS: [u8; texts_length()] = texts();

const fn texts_of(code: Code) -> [&'static str; 3] {
    [code.as_str(), code.meaning(), code.next_step()]
}

const fn length_of(code: Code) -> usize {
    let [name, meaning, next_step] = texts_of(code);
    name.len() + meaning.len() + next_step.len() + 3
}

#[expect(clippy::indexing_slicing, reason = "evaluated when it is compiled")]
const fn texts_length() -> usize {
    let (mut length, mut n) = (0, 0);
    while n < Code::ALL.len() {
        length += length_of(Code::ALL[n]);
        n += 1;
    }
    length
}

#[expect(clippy::indexing_slicing, reason = "evaluated when it is compiled")]
const fn texts() -> [u8; texts_length()] {
    let mut texts = [0; texts_length()];
    let (mut end, mut n) = (0, 0);
    while n < Code::ALL.len() {
        let of_code = texts_of(Code::ALL[n]);
        let mut text = 0;
        while text < of_code.len() {
            let bytes = of_code[text].as_bytes();
            let mut byte = 0;
            while byte < bytes.len() {
                texts[end + byte] = bytes[byte];
                byte += 1;
            }
            end += bytes.len() + 1;
            text += 1;
        }
        n += 1;
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pointer: *const c_char) -> &'static str {
        // SAFETY: results have static texts that end in NUL.
        unsafe { CStr::from_ptr(pointer) }.to_str().unwrap()
    }

    #[test]
    fn every_code_has_its_words() {
        for code in Code::ALL {
            let result = paidup_result::from(*code);
            assert_eq!(text(paidup_result_name(result)), code.as_str());
            assert_eq!(text(paidup_result_meaning(result)), code.meaning());
            assert_eq!(text(paidup_result_next_step(result)), code.next_step());
        }
        assert_eq!(text(paidup_result_name(paidup_result(0))), "OK");
        assert_eq!(text(paidup_result_name(paidup_result(390))), "INTERNAL");
        assert_eq!(text(paidup_result_name(paidup_result(-1))), "UNKNOWN");
    }

    #[test]
    fn the_numbers_of_c_alone_are_no_codes() {
        let own = [paidup_result::OK, paidup_result::INTERNAL];
        assert!(!Code::ALL.iter().any(|it| own.contains(&(*it).into())));
    }

    #[test]
    fn only_valid_and_grace_are_usable() {
        let usable: Vec<i32> = (-1000..1000)
            .filter(|number| paidup_result_usable(paidup_result(*number)) == 1)
            .collect();
        assert_eq!(usable, [Code::Valid.number(), Code::Grace.number()]);
    }
}
