//! Every scenario that ships, in every way in which Stripe may tell it: as written,
//! in disorder through the running issuer, and in any order in process.

mod orders;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use paidup_issuer::simulate::{Delivery, Mismatch, Scenario, play};
use paidup_tests::Failure;

/// In how many disorders each scenario is played.
const DISORDERS: u64 = 20;
/// The rows of the list of scenarios that are files; the others are tests elsewhere.
const ROWS: [&str; 48] = [
    "01", "02", "03", "04", "06", "08", "10", "11", "12", "13", "15", "16", "17", "19", "20", "22",
    "26", "27", "28", "29", "31", "33", "34", "35", "36", "37", "38", "39", "40", "41", "42", "43",
    "44", "45", "46", "47", "48", "49", "50", "51", "52", "53", "54", "55", "56", "57", "58", "59",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let files = match files() {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = vec![Trial::test("every_row_is_there", {
        let files = files.clone();
        move || every_row(&files)
    })];
    for file in files {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let told = file.clone();
        trials.push(Trial::test(format!("as_told::{name}"), move || {
            run(as_told(&told))
        }));
        let orders = file.clone();
        trials.push(Trial::test(format!("in_any_order::{name}"), move || {
            run(orders::in_any_order(&orders))
        }));
        trials.push(Trial::test(format!("in_disorder::{name}"), move || {
            run(in_disorder(&file))
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/scenarios")
}

fn files() -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn every_row(files: &[PathBuf]) -> Result<(), Failed> {
    for row in ROWS {
        let named = |it: &PathBuf| {
            it.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .starts_with(row)
        };
        if !files.iter().any(named) {
            return Err(format!("there is no scenario {row}").into());
        }
    }
    Ok(())
}

fn run(test: impl Future<Output = Result<(), Failure>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(test)
        .map_err(|error| chain(error.as_ref()).into())
}

/// The error and its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let words: Vec<String> = causes.map(ToString::to_string).collect();
    words.join(": ")
}

pub(crate) fn read(file: &Path) -> Result<Scenario, Failure> {
    Ok(Scenario::parse(&std::fs::read_to_string(file)?)?)
}

async fn as_told(file: &Path) -> Result<(), Failure> {
    let played = play(&read(file)?, Delivery::AsTold).await?;
    none("as told", &played.mismatches)
}

async fn in_disorder(file: &Path) -> Result<(), Failure> {
    let scenario = read(file)?;
    for seed in 0..DISORDERS {
        let played = play(&scenario, Delivery::Disorder(seed))
            .await
            .map_err(|error| format!("disorder {seed}: {}", chain(error.as_ref())))?;
        none(&format!("disorder {seed}"), &played.mismatches)?;
    }
    Ok(())
}

pub(crate) fn none(how: &str, mismatches: &[Mismatch]) -> Result<(), Failure> {
    match mismatches {
        [] => Ok(()),
        mismatches => Err(format!("{how}: {mismatches:#?}").into()),
    }
}
