//! A port for a server whose address must be known before it starts.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which Linux takes the ports of outgoing connections: one of those
/// could take the port before the server does.
const FIRST: u32 = 16_000;
const COUNT: u32 = 16_000;

/// How many ports were given out by this process.
static GIVEN: AtomicU32 = AtomicU32::new(0);

/// A port of 127.0.0.1 on which nothing listens. Processes begin their search at different
/// ports.
///
/// # Errors
/// [`std::io::Error`] if every port is taken.
pub fn free_port() -> std::io::Result<u16> {
    let begin = std::process::id().wrapping_mul(37);
    for _ in 0..COUNT {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + begin.wrapping_add(given) % COUNT;
        let Ok(port) = u16::try_from(port) else {
            continue;
        };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(std::io::ErrorKind::AddrNotAvailable.into())
}
