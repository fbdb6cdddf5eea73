//! Where the passphrase of a root comes from: a file, or somebody who types it.

use std::io::IsTerminal;
use std::path::Path;

use zeroize::Zeroizing;

use super::Failure;
use crate::root::Passphrase;

/// The passphrase of a root that is there.
pub(super) fn known(file: Option<&Path>, root: &Path) -> Result<Passphrase, Failure> {
    match file {
        Some(file) => read(file),
        None => {
            let prompt = format!("Passphrase of {}: ", root.display());
            Ok(Passphrase::new(&ask(&prompt)?)?)
        }
    }
}

/// A passphrase for a root that is about to be made, typed twice.
pub(super) fn new(file: Option<&Path>) -> Result<Passphrase, Failure> {
    if let Some(file) = file {
        return read(file);
    }
    let typed = ask("A passphrase for the root, at least 12 characters: ")?;
    let passphrase = Passphrase::new(&typed)?;
    match *ask("Once more: ")? == *typed {
        true => Ok(passphrase),
        false => Err("the two are not the same; nothing was made".into()),
    }
}

fn read(file: &Path) -> Result<Passphrase, Failure> {
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(Passphrase::new(&text)?)
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err("there is no terminal to ask for the passphrase; --passphrase-file names a file that holds it".into());
    }
    Ok(Zeroizing::new(rpassword::prompt_password(prompt)?))
}
