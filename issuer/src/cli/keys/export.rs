//! `paidup keys export`: what an app is built with.

use paidup::PublicKey;
use serde_json::json;

use super::{Failure, print_json};
use crate::app::App;

pub(super) async fn run(app: &App, keyset: bool) -> Result<(), Failure> {
    let keys = app.keys();
    if keyset {
        let text = keys.keyset_text();
        println!(
            "{}",
            text.ok_or("there is no keyset yet; `paidup keys init` makes one")?
        );
        return Ok(());
    }
    let texts = |keys: &[PublicKey]| keys.iter().map(PublicKey::to_base64url).collect::<Vec<_>>();
    let roots = app.root_keys().await?;
    // With a root pinned, no signing key needs to be.
    let pinned = match roots.is_empty() {
        true => texts(&keys.published()),
        false => Vec::new(),
    };
    print_json(&json!({
        "issuer": app.issuer(),
        "test": !app.mode().is_live(),
        "roots": texts(&roots),
        "keys": pinned,
        "keysetVersion": keys.keyset().map(|it| it.version),
    }))
}
