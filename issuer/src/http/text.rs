//! Refuses addresses with control characters in them, which no route has and PostgreSQL
//! cannot store.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::ApiProblem;

pub(super) async fn refuse_control_characters(
    request: Request,
    next: Next,
) -> Result<Response, ApiProblem> {
    let uri = request.uri();
    if encodes_control(uri.path()) || encodes_control(uri.query().unwrap_or_default()) {
        let text = "the address has control characters in it";
        return Err(ApiProblem::new(400, "VALIDATION_ERROR", text));
    }
    Ok(next.run(request).await)
}

/// `%00` to `%1F`, and `%7F`. HTTP itself allows none that is not encoded.
fn encodes_control(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(3).any(|window| match window {
        [b'%', b'0' | b'1', low] => low.is_ascii_hexdigit(),
        [b'%', b'7', b'f' | b'F'] => true,
        _ => false,
    })
}
