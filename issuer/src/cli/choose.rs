//! Which license is meant, where several may be.

use super::{Failure, print_json, table};
use crate::app::{App, Match, iso8601};
use crate::store::licenses::LicenseRow;

/// The one license that `sought` speaks of. Where there are several, they are printed to
/// choose from.
pub(super) async fn one(
    app: &App,
    sought: &str,
    json: bool,
) -> Result<Option<LicenseRow>, Failure> {
    let mut matches = app.look_up(sought).await?;
    if matches.len() == 1 {
        return Ok(matches.pop().map(|found| found.license));
    }
    if json {
        let views: Vec<_> = matches.iter().map(|found| view(app, found)).collect();
        print_json(&serde_json::json!({ "matches": views }))?;
    } else {
        println!("{} licenses match:", matches.len());
        let rows = matches.iter().map(|found| row(app, found)).collect();
        let headings = ["LICENSE", "STATUS", "POLICY", "BOUGHT AS", "CREATED"];
        table::print(&headings, rows, "");
    }
    eprintln!("paidup: several licenses match; choose one by its identifier (lic_…)");
    Ok(None)
}

fn row(app: &App, found: &Match) -> Vec<String> {
    let license = &found.license;
    let condition = license.condition(app.clock().now());
    vec![
        license.id.clone(),
        condition.status.to_string(),
        condition.policy,
        license.item.clone(),
        iso8601(license.created_at),
    ]
}

fn view(app: &App, found: &Match) -> serde_json::Value {
    let license = &found.license;
    let condition = license.condition(app.clock().now());
    let email = found
        .customer
        .as_ref()
        .and_then(|customer| customer.email.as_ref());
    serde_json::json!({
        "id": license.id,
        "status": condition.status,
        "policy": condition.policy,
        "item": license.item,
        "email": email,
        "createdAt": iso8601(license.created_at),
    })
}
