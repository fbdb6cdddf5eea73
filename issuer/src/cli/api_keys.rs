//! `paidup api-keys`: who may use the management API.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Failure, open_unnamed, print_json, table};
use crate::app::{App, Scope, iso8601};
use crate::settings::Flags;
use crate::store::api_keys::{self, ApiKeyRow};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a key; it is shown once
    Create {
        /// What it is for, in your words
        #[arg(long)]
        name: String,
        /// What it may do; several are possible
        #[arg(long = "scope", required = true)]
        scopes: Vec<Scope>,
        /// For how long it is good, 90d for instance; for ever if absent
        #[arg(long)]
        expires_in: Option<humantime::Duration>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// All keys, without the keys themselves
    List {
        /// One JSON array, everything
        #[arg(long)]
        json: bool,
    },
    /// Take a key back, at once
    Revoke {
        /// Its id (key_…)
        id: String,
    },
}

pub(super) async fn run(flags: &Flags, command: &Command) -> Result<ExitCode, Failure> {
    let app = open_unnamed(flags).await?;
    match command {
        Command::Create {
            name,
            scopes,
            expires_in,
            json,
        } => create(&app, name, scopes, *expires_in, *json).await?,
        Command::List { json } => list(&app, *json).await?,
        Command::Revoke { id } => {
            if !app.revoke_api_key(id).await? {
                return Err(format!("no key {id} is in use; see `paidup api-keys list`").into());
            }
            println!("{id} is good for nothing any more");
        }
    }
    app.store().close().await;
    Ok(ExitCode::SUCCESS)
}

async fn create(
    app: &App,
    name: &str,
    scopes: &[Scope],
    expires_in: Option<humantime::Duration>,
    json: bool,
) -> Result<(), Failure> {
    let lasts = expires_in.map(|it| i64::try_from(it.as_secs()));
    let (row, key) = app.create_api_key(name, scopes, lasts.transpose()?).await?;
    if json {
        let mut view = view(&row);
        if let Some(view) = view.as_object_mut() {
            view.insert("key".to_owned(), json!(*key));
        }
        return print_json(&view);
    }
    println!("{}", *key);
    eprintln!(
        "This is {}, for {}. It is not shown again.",
        row.id, row.scopes
    );
    Ok(())
}

async fn list(app: &App, json: bool) -> Result<(), Failure> {
    let keys = api_keys::list(&mut *app.store().read().await?).await?;
    if json {
        return print_json(&keys.iter().map(view).collect::<Vec<_>>());
    }
    let now = app.clock().now().0;
    let row = |it: &ApiKeyRow| {
        let state = match (it.revoked_at, it.expires_at) {
            (Some(at), _) => format!("revoked {}", iso8601(at)),
            (None, Some(at)) if at <= now => format!("expired {}", iso8601(at)),
            (None, Some(at)) => format!("until {}", iso8601(at)),
            (None, None) => "good".to_owned(),
        };
        vec![
            it.id.clone(),
            it.name.clone(),
            format!("…{}", it.hint),
            it.scopes.clone(),
            state,
            it.last_used_at.map_or_else(|| "never".to_owned(), iso8601),
        ]
    };
    let rows = keys.iter().map(row).collect();
    let headings = ["ID", "NAME", "KEY", "SCOPES", "STATE", "LAST USED"];
    table::print(
        &headings,
        rows,
        "There are no keys; `paidup api-keys create` makes one.",
    );
    Ok(())
}

fn view(key: &ApiKeyRow) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "scopes": key.scopes.split(' ').collect::<Vec<_>>(),
        "createdAt": iso8601(key.created_at),
        "expiresAt": key.expires_at.map(iso8601),
        "lastUsedAt": key.last_used_at.map(iso8601),
        "revokedAt": key.revoked_at.map(iso8601),
    })
}
