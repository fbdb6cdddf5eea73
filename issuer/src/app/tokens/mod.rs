//! What is given out to apps: a seat, a token, a license file. Each is the license as
//! it stands, bound to who asked.

mod activate;
mod issue;
#[cfg(feature = "demo")]
mod observe;
mod offline;
mod refresh;
mod seal;
mod seat_again;
mod seats;
mod text;
mod validate;

pub use activate::Activation;
pub use issue::{IssueError, Issued, MachineView};
pub use offline::{Checkout, OfflineAnswer};
pub use refresh::Renewal;
pub(in crate::app) use seats::log;
pub use validate::{Validation, ValidationRequest};
