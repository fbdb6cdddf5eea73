//! Flags and the environment, which win over the file.

use std::collections::HashMap;
use std::path::PathBuf;

use super::SettingsError;
use super::file::read;

/// What the command line says; it wins over everything else.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// The settings and catalog file [default: paidup.toml in the working directory, if there]
    #[arg(long, global = true, value_name = "FILE", env = "PAIDUP_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the database and the keys are [default: ./paidup-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The environment, as far as it concerns us.
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The process's own.
    #[must_use]
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is where settings are read")]
        std::env::vars().collect()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// A secret: the variable, or the file that `…_FILE` names.
    pub(super) fn secret(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        let file = format!("{name}_FILE");
        match (self.text(name), self.path(&file)) {
            (Some(_), Some(_)) => Err(SettingsError::Both(name)),
            (Some(text), None) => Ok(Some(text.to_owned())),
            (None, Some(path)) => read(&path).map(Some),
            (None, None) => Ok(None),
        }
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let ours = |name: &str| {
            name.starts_with("PAIDUP_")
                || name.starts_with("STRIPE_")
                || name.starts_with("DATABASE_URL")
        };
        Self(
            variables
                .into_iter()
                .filter(|(name, _)| ours(name))
                .collect(),
        )
    }
}
