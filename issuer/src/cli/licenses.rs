//! `paidup licenses`: what came of the purchases.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use paidup_lifecycle::Order;

use super::text::text_of;
use super::words::with_period;
use super::{Failure, choose, open, open_whole, print_json, table};
use crate::app::{App, Checkout, LicenseView, MachineView, OfflineAnswer, iso8601};
use crate::settings::Flags;
use crate::store::licenses::LicenseRow;
use crate::store::{customers, licenses, machines};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// All licenses, oldest first
    List {
        /// One JSON array, everything
        #[arg(long)]
        json: bool,
    },
    /// One license
    Show {
        /// A license (lic_…) or its key, an e-mail address, or Stripe's sub_…, cus_… or cs_…
        license: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Refuse a license until it is reinstated
    Suspend {
        /// Its identifier (lic_…)
        license: String,
    },
    /// Lift what was ordered: the license is what its purchase makes it
    Reinstate {
        /// Its identifier (lic_…)
        license: String,
    },
    /// Take a license back; who buys again gets a new one
    Revoke {
        /// Its identifier (lic_…)
        license: String,
    },
    /// Give a license another key: the old one, and what it activated, is refused, every seat is
    /// free, and activations are counted from zero
    ReissueKey {
        /// Its identifier (lic_…)
        license: String,
    },
    /// The machines that have a seat of a license
    Machines {
        /// A license (lic_…) or its key, an e-mail address, or Stripe's sub_…, cus_… or cs_…
        license: String,
        /// One JSON array, everything
        #[arg(long)]
        json: bool,
    },
    /// Free the seat of a machine; its app is refused at its next contact
    Free {
        /// The license's identifier (lic_…)
        license: String,
        /// The machine's identifier (mac_…)
        machine: String,
        /// Why; it goes to the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Count the activations of a license from zero, for a customer who is refused with
    /// too_many_activations
    ResetActivations {
        /// Its identifier (lic_…)
        license: String,
        /// Why; it goes to the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Make a license file for a machine that no network reaches
    Checkout {
        /// Its identifier (lic_…)
        license: String,
        /// The machine that the file is for, as its app shows it
        #[arg(long, value_name = "S", allow_hyphen_values = true)]
        fingerprint: Option<String>,
        /// For how long it is good, 90d for instance; the policy's lease if absent
        #[arg(long)]
        ttl: Option<humantime::Duration>,
        /// Where to write it; to standard output if absent
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Answer the offline request of an app: to activate, to renew or to free a seat
    Offline {
        /// The request, a file that holds it, or - for standard input
        #[arg(value_name = "REQUEST|FILE")]
        request: String,
        /// Where to write the response; to standard output if absent
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Take a license back for good; who buys again gets a new one, with a flag
    Ban {
        /// Its identifier (lic_…)
        license: String,
    },
}

pub(super) async fn run(flags: &Flags, command: &Command) -> Result<ExitCode, Failure> {
    let only_looks = matches!(
        command,
        Command::List { .. } | Command::Show { .. } | Command::Machines { .. }
    );
    let app = match only_looks {
        true => open(flags).await?,
        // What is changed is announced to the webhooks of the catalog.
        false => open_whole(flags).await?,
    };
    let ended = look(&app, command).await?;
    app.store().close().await;
    Ok(ended)
}

async fn look(app: &App, command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::List { json } => {
            let mut db = app.store().read().await?;
            let mut views = Vec::new();
            let mut rows = Vec::new();
            for license in licenses::list(&mut db).await? {
                let email = match customers::find(&mut db, &license.customer_id).await? {
                    Some(customer) => {
                        let email = customer.email.clone();
                        let machines = machines::count_active(&mut db, &license.id).await?;
                        views.push(view(app, &license, &customer, machines)?);
                        email
                    }
                    None => None,
                };
                rows.push(row(app, &license, email)?);
            }
            if *json {
                print_json(&views)?;
            } else {
                let headings = [
                    "LICENSE", "STATUS", "POLICY", "SEATS", "CUSTOMER", "KEY", "ENDS",
                ];
                table::print(&headings, rows, "There are no licenses yet.");
            }
        }
        Command::Show {
            license: sought,
            json,
        } => {
            let Some(license) = choose::one(app, sought, *json).await? else {
                return Ok(ExitCode::FAILURE);
            };
            let id = &license.id;
            let mut db = app.store().read().await?;
            let customer = customers::find(&mut db, &license.customer_id)
                .await?
                .ok_or_else(|| format!("the customer of {id} is missing"))?;
            let machines = machines::count_active(&mut db, id).await?;
            if *json {
                print_json(&view(app, &license, &customer, machines)?)?;
            } else {
                show(app, &license, customer.email.as_deref(), machines)?;
            }
        }
        Command::ReissueKey { license } => println!("{}", app.reissue_key(license).await?),
        Command::Machines {
            license: sought,
            json,
        } => {
            let Some(license) = choose::one(app, sought, *json).await? else {
                return Ok(ExitCode::FAILURE);
            };
            let machines = app.machines_of(&license.id).await?;
            if *json {
                print_json(&machines)?;
            } else {
                let headings = [
                    "MACHINE",
                    "NAME",
                    "PLATFORM",
                    "KIND",
                    "ACTIVATED",
                    "LAST SEEN",
                ];
                let rows = machines.iter().map(machine).collect();
                table::print(&headings, rows, "No machine has a seat.");
            }
        }
        Command::Free {
            license,
            machine,
            reason,
        } => {
            app.free_machine(license, machine, reason).await?;
            println!("The seat of {machine} is free.");
        }
        Command::ResetActivations { license, reason } => {
            let counted = app.reset_activations(license, reason).await?;
            println!("{license}: {counted} activations no longer count.");
        }
        Command::Checkout {
            license,
            fingerprint,
            ttl,
            out,
        } => {
            let ttl = ttl.map(|it| i64::try_from(it.as_secs())).transpose()?;
            let fingerprint = fingerprint.clone();
            let file = app
                .checkout(license, &Checkout { fingerprint, ttl })
                .await?;
            write(out.as_deref(), &file)?;
        }
        Command::Offline { request, out } => {
            match app.answer_offline(text_of(request)?.trim()).await? {
                OfflineAnswer::Response(file) => write(out.as_deref(), &file)?,
                OfflineAnswer::Deactivated => println!("The seat is free."),
            }
        }
        Command::Suspend { license } => order(app, license, Some(Order::Suspend)).await?,
        Command::Reinstate { license } => order(app, license, None).await?,
        Command::Revoke { license } => order(app, license, Some(Order::Revoke)).await?,
        Command::Ban { license } => order(app, license, Some(Order::Ban)).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn machine(machine: &MachineView) -> Vec<String> {
    vec![
        machine.id.clone(),
        machine.name.clone().unwrap_or_default(),
        machine.platform.clone().unwrap_or_default(),
        machine.class.as_str().to_owned(),
        machine.created_at.clone(),
        machine.last_seen_at.clone(),
    ]
}

fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    match path {
        None => print!("{text}"),
        Some(path) => {
            std::fs::write(path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            println!("{} is written.", path.display());
        }
    }
    Ok(())
}

async fn order(app: &App, id: &str, order: Option<Order>) -> Result<(), Failure> {
    let license = app.order(id, order).await?;
    let condition = license.condition(app.clock().now());
    println!("{id} is {}", status(&condition));
    Ok(())
}

fn view(
    app: &App,
    license: &LicenseRow,
    customer: &customers::CustomerRow,
    machines: u64,
) -> Result<LicenseView, Failure> {
    let now = app.clock().now();
    let mut view = LicenseView::new(license, customer, &app.catalog(), app.mode(), now);
    view.sold_by(app.account());
    view.count_machines(machines, &app.catalog());
    view.reveal_key(&app.license_key(license)?);
    Ok(view)
}

fn row(app: &App, license: &LicenseRow, email: Option<String>) -> Result<Vec<String>, Failure> {
    let condition = license.condition(app.clock().now());
    Ok(vec![
        license.id.clone(),
        status(&condition),
        condition.policy.clone(),
        condition.seats.to_string(),
        email.unwrap_or_default(),
        app.license_key(license)?,
        condition
            .grace_ends_at()
            .or(condition.ends_at)
            .map(|at| iso8601(at.0))
            .unwrap_or_default(),
    ])
}

fn show(
    app: &App,
    license: &LicenseRow,
    email: Option<&str>,
    machines: u64,
) -> Result<(), Failure> {
    let now = app.clock().now();
    let condition = license.condition(now);
    let line = |label: &str, text: &str| println!("{label:<14}{text}");
    line("License", &license.id);
    line("Key", &app.license_key(license)?);
    line("Status", &status(&condition));
    if let Some(ends_at) = condition.grace_ends_at() {
        line("Grace ends", &iso8601(ends_at.0));
    }
    if let Some(renews_at) = condition.renews_at {
        line("Renews", &iso8601(renews_at.0));
    }
    if let Some(ends_at) = condition.ends_at {
        let with_period = with_period(license.ends_with_period);
        line("Ends", &format!("{}{with_period}", iso8601(ends_at.0)));
    }
    line("Product", &license.product);
    line("Policy", &condition.policy);
    if let Some(policy) = app.catalog().policy(&condition.policy) {
        let entitlements: Vec<&str> = policy.entitlements.iter().map(String::as_str).collect();
        line("Entitlements", &entitlements.join(", "));
        let limit = policy.machine_limit(condition.seats);
        let of = match (policy.max_machines, machines.saturating_sub(limit)) {
            (None, _) => String::new(),
            (_, 0) => format!(" of {limit}"),
            (_, over) => format!(" of {limit} ({over} more than were bought)"),
        };
        line("Machines", &format!("{machines}{of}"));
    }
    line("Seats", &condition.seats.to_string());
    line("Customer", email.unwrap_or("(no e-mail address)"));
    line("Bought as", &license.item);
    line("Created", &iso8601(license.created_at));
    line("Status since", &iso8601(license.since(now).0));
    line("Changed", &iso8601(license.updated_at));
    if let Some(change) = license.next_change(now) {
        line("Next change", &iso8601(change.0));
    }
    Ok(())
}

fn status(condition: &paidup_lifecycle::Condition) -> String {
    match condition.reason {
        Some(reason) => format!("{} ({})", condition.status, reason.as_str()),
        None if condition.grace.is_some() => format!("{} (grace)", condition.status),
        None => condition.status.to_string(),
    }
}
