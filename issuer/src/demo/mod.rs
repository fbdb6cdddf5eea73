//! `paidup demo`: the whole story once, with real parts. The issuer is the real
//! one, on a scratch database; Stripe is played by the fake one; everything that
//! passes between them, the vendor's app and the customer's app goes over HTTP.

mod story;

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::sandbox::Failure;

/// Flags of `paidup demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON object a step
    #[arg(long)]
    json: bool,
}

/// Tells the story; exits 1 where any step is not what it should be.
pub(crate) async fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut teller = Teller {
        json: args.json,
        step: 0,
        failed: 0,
    };
    story::tell(&mut teller).await?;
    if !args.json {
        println!();
        match teller.failed {
            0 => println!("All {} steps were as they should be.", teller.step),
            failed => println!(
                "{failed} of {} steps were not as they should be.",
                teller.step
            ),
        }
    }
    Ok(if teller.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints steps as they happen.
struct Teller {
    json: bool,
    step: u32,
    failed: u32,
}

impl Teller {
    /// One step: its name, what should be, what is, and what there is to see.
    fn step(&mut self, name: &str, title: &str, expected: &str, found: &str, seen: &Value) {
        self.step += 1;
        let ok = expected == found;
        self.failed += u32::from(!ok);
        if self.json {
            let step = json!({
                "step": self.step,
                "name": name,
                "title": title,
                "ok": ok,
                "expected": expected,
                "found": found,
                "seen": seen,
            });
            println!("{step}");
            return;
        }
        let mark = if ok { "ok" } else { "WRONG" };
        println!("{:>2}. {title}", self.step);
        for (label, value) in seen.as_object().into_iter().flatten() {
            if let Some(text) = in_words(value) {
                println!("      {label:<18}{}", shorten(&text));
            }
        }
        match ok {
            true => println!("    {mark}: {found}"),
            false => println!("    {mark}: {found}, and should be {expected}"),
        }
    }
}

fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(values) => Some(
            values
                .iter()
                .filter_map(in_words)
                .collect::<Vec<_>>()
                .join(", "),
        ),
        other => Some(other.to_string()),
    }
}

fn shorten(text: &str) -> String {
    const WIDTH: usize = 72;
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
