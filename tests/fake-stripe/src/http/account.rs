//! `/v1/account`: whose Stripe this is.

use serde_json::json;

use super::call::{Call, Reply};

pub(super) async fn retrieve(call: Call) -> Reply {
    call.answer(&[], |world| {
        let requirements = json!({
            "alternatives": [],
            "current_deadline": null,
            "currently_due": [],
            "disabled_reason": null,
            "errors": [],
            "eventually_due": [],
            "past_due": [],
            "pending_verification": [],
        });
        let external_accounts = format!("/v1/accounts/{}/external_accounts", world.account);
        Ok(json!({
            "id": world.account,
            "object": "account",
            "business_profile": { "name": "Fake account", "support_email": null, "url": null },
            "business_type": "company",
            "capabilities": { "card_payments": "active", "transfers": "active" },
            "charges_enabled": true,
            "controller": { "type": "account" },
            "country": "US",
            "created": 0,
            "default_currency": "usd",
            "details_submitted": true,
            "email": "owner@example.com",
            "external_accounts": crate::state::list(&external_accounts, Vec::new()),
            "future_requirements": requirements,
            "metadata": {},
            "payouts_enabled": true,
            "requirements": requirements,
            "settings": { "dashboard": { "display_name": "Fake account", "timezone": "Etc/UTC" } },
            "tos_acceptance": { "date": null, "ip": null, "user_agent": null },
            "type": "standard",
        }))
    })
}
