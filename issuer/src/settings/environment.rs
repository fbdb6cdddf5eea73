//! Flags and the environment, which win over the file.

use std::collections::HashMap;
use std::path::PathBuf;

use super::SettingsError;
use super::file::read;
use super::secret::unquote;

/// What the command line says; it wins over everything else.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// The settings and catalog file [env: PAIDUP_CONFIG] [default: paidup.toml in the working
    /// directory, if there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the database and the keys are [env: PAIDUP_DATA_DIR] [default: ./paidup-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The environment, as far as it concerns us. Values lose surrounding white space and
/// quotation marks, which `docker --env-file` keeps.
pub struct Environment {
    variables: HashMap<String, String>,
    not_unicode: Option<String>,
}

impl Environment {
    /// The process's own.
    #[must_use]
    pub fn of_process() -> Self {
        let mut not_unicode = None;
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            match value.into_string() {
                Ok(value) => Some((name, value)),
                Err(_) => {
                    if is_ours(&name) {
                        not_unicode = Some(name);
                    }
                    None
                }
            }
        });
        let environment: Self = variables.collect();
        Self {
            not_unicode,
            ..environment
        }
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        match &self.not_unicode {
            Some(name) => Err(SettingsError::NotUnicode(name.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        // As a compose file passes a variable on that is not set.
        let text = self.text(name).filter(|text| !text.is_empty());
        text.map(PathBuf::from)
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
        let ours = variables.into_iter().filter(|(name, _)| is_ours(name));
        Self {
            variables: ours
                .map(|(name, value)| (name, unquote(&value).to_owned()))
                .collect(),
            not_unicode: None,
        }
    }
}

fn is_ours(name: &str) -> bool {
    name == "PORT"
        || name.starts_with("PAIDUP_")
        || name.starts_with("STRIPE_")
        || name.starts_with("DATABASE_URL")
}
