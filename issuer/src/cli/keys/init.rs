//! `paidup keys init`.

use std::path::{Path, PathBuf};

use super::{Failure, change, passphrase};
use crate::app::App;
use crate::entropy::Entropy;
use crate::root::{Passphrase, Root};

const DEFAULT: &str = "root.key";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Where to write the root [default: root.key in the data directory]
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// Write a second root, for the day on which the first is lost. Keep it elsewhere
    #[arg(long, value_name = "FILE")]
    spare: Option<PathBuf>,
    /// A file that holds the passphrase; otherwise it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let keyset = app.first_keyset().await?;
    let passphrase = passphrase::new(args.passphrase_file.as_deref())?;
    let path = default(app, args.root.as_deref());
    let root = make_or_open(&path, &passphrase)?;
    let mut pinned = vec![root.public_key().clone()];
    let spare = args.spare.as_deref();
    if let Some(spare) = spare {
        let spare = make_or_open(spare, &passphrase)?;
        if pinned.contains(spare.public_key()) {
            return Err("the spare is the root itself; give it a file of its own".into());
        }
        pinned.push(spare.public_key().clone());
    }
    let signed = root.sign(&keyset)?;
    app.install_first_keyset(&pinned, &signed).await?;
    println!("Root       {}", path.display());
    if let Some(spare) = spare {
        println!("Spare      {}", spare.display());
    }
    for key in &pinned {
        println!("Pin        {}", key.to_base64url());
    }
    println!();
    println!("Build what `paidup keys export` prints into your app. The root is needed again to");
    println!("change keys, and never to issue licenses: move it away from this machine, and keep");
    println!("a copy. Whoever has file and passphrase can say which keys sign; whoever loses both");
    println!("has to ship a new app.");
    if spare.is_none() {
        println!("There is no spare root; apps that are built now will know this one only.");
    }
    Ok(())
}

/// A root that is there was made by a run that did not come to its end.
pub(super) fn make_or_open(path: &Path, passphrase: &Passphrase) -> Result<Root, Failure> {
    if path.exists() {
        return Ok(Root::open(path, passphrase)?);
    }
    let entropy = Entropy::system();
    let root = Root::make(&entropy)?;
    root.write(path, passphrase, &entropy)?;
    Ok(root)
}

/// The root's file, where none is named.
pub(super) fn default(app: &App, named: Option<&Path>) -> PathBuf {
    let default = || change::data_dir(app).join(DEFAULT);
    named.map_or_else(default, Path::to_owned)
}
