//! `paidup keys replace-root`: for the day on which a root is stolen or lost. Whoever has
//! a root of an app can tell it which keys sign, so that nothing short of a new release
//! takes it away from him; this makes what that release pins.

use std::path::PathBuf;

use paidup::PublicKey;

use super::init::make_or_open;
use super::{Failure, passphrase};
use crate::app::{App, KeyChange};
use crate::root::Root;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Where to write the new root
    #[arg(long, value_name = "FILE")]
    new: PathBuf,
    /// A root that apps pin already and that is not stolen: it signs, and apps in use
    /// notice nothing
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Only make the new root and say what to pin; run again, with the same --new, when
    /// the release is out
    #[arg(long)]
    prepare: bool,
    /// A file that holds the new root's passphrase; otherwise it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// A file that holds the passphrase of the root that is kept
    #[arg(long, value_name = "FILE", requires = "keep")]
    keep_passphrase_file: Option<PathBuf>,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Failure> {
    // Whatever may be refused comes before a file is made.
    let draft = app.draft_keyset(&KeyChange::Renew).await?;
    let kept = match &args.keep {
        None => None,
        Some(path) => {
            let passphrase = passphrase::known(args.keep_passphrase_file.as_deref(), path)?;
            let kept = Root::open(path, &passphrase)?;
            if !app.root_keys().await?.contains(kept.public_key()) {
                let path = path.display();
                return Err(format!(
                    "no app pins the root in {path}; `paidup keys list` shows which they pin"
                )
                .into());
            }
            Some(kept)
        }
    };
    let passphrase = match args.new.exists() {
        true => passphrase::known(args.passphrase_file.as_deref(), &args.new)?,
        false => passphrase::new(args.passphrase_file.as_deref())?,
    };
    let new = make_or_open(&args.new, &passphrase)?;
    let pinned: Vec<PublicKey> = [kept.as_ref(), Some(&new)]
        .into_iter()
        .flatten()
        .map(|it| it.public_key().clone())
        .collect();
    println!("New root   {}", args.new.display());
    for key in &pinned {
        println!("Pin        {}", key.to_base64url());
    }
    println!();
    if args.prepare {
        println!("Nothing has changed yet. Build the next release with these roots and no other,");
        println!("and when it is out, run this again without --prepare.");
        return Ok(());
    }
    let signer = kept.as_ref().unwrap_or(&new);
    let keyset = app.replace_roots(&pinned, &signer.sign(&draft)?).await?;
    let version = keyset.version;
    println!("Version {version} of the keyset is installed, and what the old root signs is not");
    println!("any more. The next release of the app pins these roots alone, with");
    println!("min_version({version}): until a customer has it, whoever has the old root can");
    println!("unlock the app on that machine.");
    match &kept {
        Some(_) => println!("Apps in use pin the root that was kept, and notice nothing."),
        None => {
            println!("Apps in use do not know the new root. Those that are activated go on with");
            println!("the signing keys that they know: rotate none until customers have the new");
            println!("release. The old release cannot be activated anew from now on.");
        }
    }
    println!("Move the new root away from this machine, and keep a copy.");
    Ok(())
}
