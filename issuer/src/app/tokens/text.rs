//! What may be in a text that an app sends.

use super::issue::IssueError;

const MAX_FINGERPRINT: usize = 256;
const MAX_NONCE: usize = 128;
const MAX_NAME: usize = 200;

/// A text of a request, by the name of its field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    field: &'static str,
    min: usize,
    max: usize,
    text: Option<&'a str>,
}

pub(super) fn fingerprint(text: Option<&str>) -> Text<'_> {
    let (field, min, max) = ("fingerprint", 1, MAX_FINGERPRINT);
    Text {
        field,
        min,
        max,
        text,
    }
}

pub(super) fn nonce(text: Option<&str>) -> Text<'_> {
    let (field, min, max) = ("nonce", 1, MAX_NONCE);
    Text {
        field,
        min,
        max,
        text,
    }
}

/// What the user of a machine calls it, or what it runs.
pub(super) fn name<'a>(field: &'static str, text: Option<&'a str>) -> Text<'a> {
    let (min, max) = (0, MAX_NAME);
    Text {
        field,
        min,
        max,
        text,
    }
}

/// Refuses a text that is too short, too long, or not printable.
pub(super) fn check(texts: &[Text<'_>]) -> Result<(), IssueError> {
    for Text {
        field,
        min,
        max,
        text,
    } in texts
    {
        let Some(text) = text else { continue };
        if text.len() < *min || text.len() > *max || text.contains(char::is_control) {
            let (field, min, max) = (*field, *min, *max);
            return Err(IssueError::Text { field, min, max });
        }
    }
    Ok(())
}
