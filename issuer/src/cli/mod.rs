//! The command line: says what it does, exits 0 where that went well, 1 where it
//! did not, 2 where it was not understood, and 3 where a comparison found differences.

mod api_keys;
mod choose;
mod events;
mod keys;
mod licenses;
mod migrate;
mod serve;
mod stripe;
mod table;
mod text;
mod verify;
mod why;
mod words;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::app::{App, OtherIssuer};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::settings::{Environment, Flags, Settings};
use crate::store::sqlite_file;

/// Connect Stripe, map a price to a policy, ship one library: whoever has paid
/// can use the app, online or not.
#[derive(Debug, Parser)]
#[command(name = "paidup", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell the whole story once, from a purchase to a refusal: no account, no network
    #[cfg(feature = "demo")]
    Demo(crate::demo::Args),
    /// Simulate a billing history with the real issuer: no account, no network
    #[cfg(feature = "demo")]
    Simulate(crate::simulate::Args),
    /// Run the issuer
    Serve(serve::Args),
    /// Bring the database's schema up to date
    Migrate,
    /// Look at licenses
    #[command(subcommand)]
    Licenses(licenses::Command),
    /// Look at the events that Stripe sent
    #[command(subcommand)]
    Events(events::Command),
    /// Look after the connection to Stripe
    #[command(subcommand)]
    Stripe(stripe::Command),
    /// Look after the keys that sign
    #[command(subcommand)]
    Keys(keys::Command),
    /// Look after the keys of the management API
    #[command(subcommand)]
    ApiKeys(api_keys::Command),
    /// Say why a license is what it is, and when that will change
    Why(why::Args),
    /// Explain a token, offline
    Verify(verify::Args),
}

/// What a command failed with; printed with all its causes.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let serving = matches!(cli.command, Command::Serve(_));
    if !serving {
        // Who reads only the beginning of a list, as `head` does, ends the command.
        sigpipe::reset();
    }
    harden(serving);
    log_to_stderr(serving);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            #[cfg(feature = "demo")]
            Command::Demo(args) => crate::demo::run(&args).await,
            #[cfg(feature = "demo")]
            Command::Simulate(args) => crate::simulate::run(&cli.flags, &args).await,
            Command::Serve(args) => serve::run(&cli.flags, &args).await,
            Command::Migrate => migrate::run(&cli.flags).await,
            Command::Licenses(command) => licenses::run(&cli.flags, &command).await,
            Command::Events(command) => events::run(&cli.flags, &command).await,
            Command::Stripe(command) => stripe::run(&cli.flags, &command).await,
            Command::Keys(command) => keys::run(&cli.flags, &command).await,
            Command::ApiKeys(command) => api_keys::run(&cli.flags, &command).await,
            Command::Why(args) => why::run(&cli.flags, &args).await,
            Command::Verify(args) => verify::run(&args),
        }
    });
    // A reader on standard input must not keep the process.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|failure| fail(&*failure))
}

/// Keeps what this process writes, and its memory, from other users.
#[cfg(unix)]
fn harden(serving: bool) {
    use rustix::process::{Resource, Rlimit, setrlimit, umask};

    umask(rustix::fs::Mode::from_raw_mode(0o077));
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // A system that forbids even this keeps its own limit.
    let _ = setrlimit(Resource::Core, none);
    // Other commands may be given /dev/stdin, which such a process cannot open.
    #[cfg(target_os = "linux")]
    if serving {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = serving;
}

#[cfg(not(unix))]
fn harden(_: bool) {}

/// The issuer that the settings speak of, to look at beside a running one. In a wrong
/// folder there is none, and none is made: its keys would be taken for the right ones.
///
/// A file that cannot be used keeps nobody from looking.
async fn open(flags: &Flags) -> Result<App, Failure> {
    let (settings, problem) = Settings::load_to_look(flags, &Environment::of_process())?;
    if let Some(problem) = problem {
        eprintln!("paidup: warning: {problem}");
        let cause = std::error::Error::source(&problem);
        if let Some(cause) = cause {
            eprintln!("  because: {cause}");
        }
        eprintln!("  What the file says is left out.");
    }
    open_with(settings).await
}

/// As [`open`], for commands that need the catalog.
async fn open_whole(flags: &Flags) -> Result<App, Failure> {
    open_with(Settings::load(flags, &Environment::of_process())?).await
}

async fn open_with(settings: Settings) -> Result<App, Failure> {
    let folder = &settings.data_dir;
    if settings.database_url.is_none() && !sqlite_file(folder).exists() {
        return Err(format!(
            "there is no issuer in {}; --data-dir names another folder, and `paidup serve` begins \
             a new one",
            folder.display()
        )
        .into());
    }
    start(settings, OtherIssuer::Keep).await
}

/// As [`open`], for commands that a new issuer may begin with.
async fn open_or_begin(flags: &Flags) -> Result<App, Failure> {
    let settings = Settings::load(flags, &Environment::of_process())?;
    start(settings, OtherIssuer::Keep).await
}

/// As [`open_or_begin`], for commands that may come before the issuer's name is known.
async fn open_unnamed(flags: &Flags) -> Result<App, Failure> {
    let settings = Settings::load(flags, &Environment::of_process())?;
    start(settings, OtherIssuer::KeepUnchecked).await
}

async fn start(settings: Settings, other: OtherIssuer) -> Result<App, Failure> {
    Ok(App::start(settings, Clock::system(), Entropy::system(), other).await?)
}

fn fail(failure: &dyn std::error::Error) -> ExitCode {
    eprintln!("paidup: {failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

fn log_to_stderr(serving: bool) {
    // What the database says is said again where it matters, in words.
    let default = match serving {
        true => "info,sqlx=off",
        false => "error,sqlx=off",
    };
    let filter = EnvFilter::try_from_env("PAIDUP_LOG").unwrap_or_else(|_| default.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// Prints one JSON document, whole.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}
