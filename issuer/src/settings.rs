//! How this issuer runs: from flags, the environment and `paidup.toml`, in this
//! order of precedence, each read here and nowhere else.

pub(crate) mod database;
mod elide;
mod environment;
mod file;
mod listen;
mod origin;
pub(crate) mod public_url;
pub(crate) mod secret;
mod server;
mod stripe;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::catalog::{Catalog, CatalogError, CatalogFile};

pub use database::DatabaseUrl;
pub use environment::{Environment, Flags};
pub use listen::{Listen, ListenError};
pub use origin::{Origin, OriginError};
pub use public_url::PublicUrlError;
pub use secret::{SecretError, SecretUse};
pub use server::ServerSettings;
pub use stripe::StripeSettings;

use file::{SettingsFile, find_file, in_file, parse, read};
use public_url::Names;
use secret::unquote;

const DEFAULT_DATA_DIR: &str = "paidup-data";
/// The issuer's name while the size of a token is checked before the name is known.
const PLACEHOLDER_ISSUER: &str = "https://licenses.example.com";

/// How this issuer runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the HTTP server listens.
    pub listen: Listen,
    /// Where the database and the keys are, unless told otherwise.
    pub data_dir: PathBuf,
    /// The database; SQLite in the data directory where absent.
    pub database_url: Option<DatabaseUrl>,
    /// Test data or real money.
    pub mode: Mode,
    /// What tokens carry as `iss`. Where absent, it is the address that `paidup stripe connect`
    /// was given, or else where the server listens.
    pub issuer: Option<String>,
    /// Where apps and Stripe reach the issuer, where the settings say it.
    pub public_url: Option<String>,
    /// Permits webhooks to http and to addresses that are not public.
    pub allow_insecure_webhooks: bool,
    /// The web pages that may ask from a browser.
    pub cors_origins: Vec<Origin>,
    /// The signing key's file.
    pub signing_key_file: PathBuf,
    /// The encryption key's file.
    pub encryption_key_file: PathBuf,
    /// The server's connections.
    pub server: ServerSettings,
    /// Stripe's side.
    pub stripe: StripeSettings,
    /// What is sold.
    pub catalog: Catalog,
    /// Where the catalog was read from, and is read again when it changes.
    pub file: Option<PathBuf>,
}

/// Test data or real money: one instance, one mode, one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "Stripe has these two")]
pub enum Mode {
    /// Test data.
    #[default]
    Test,
    /// Real money.
    Live,
}

impl Mode {
    /// The word in settings and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }

    /// Whether Stripe would say `livemode`.
    #[must_use]
    pub fn is_live(self) -> bool {
        self == Self::Live
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A secret where the name of its file belongs.
    #[error(
        "a file is expected, and this looks like the secret itself; write it to a file that only \
         you can read, and name that"
    )]
    SecretAsPath,
    /// The file is not what is expected.
    #[error("{} cannot be understood:\n{problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Where and why, without secrets.
        problem: String,
    },
    /// A variable that is not text.
    #[error("the environment variable {0} is not valid Unicode; set it again, or unset it")]
    NotUnicode(String),
    /// A secret that cannot be used.
    #[error("{name}: {problem}")]
    Secret {
        /// The setting.
        name: &'static str,
        /// Why not.
        problem: SecretError,
    },
    /// An address that cannot be the issuer's.
    #[error("{name}: {problem}")]
    PublicUrl {
        /// The setting.
        name: &'static str,
        /// Why not.
        problem: PublicUrlError,
    },
    /// A secret given twice.
    #[error("{0} and {0}_FILE are both set; keep one")]
    Both(&'static str),
    /// A value that cannot be used.
    #[error("{name}: {problem}")]
    Value {
        /// The setting.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The catalog is not whole.
    #[error("the catalog cannot be used")]
    Catalog(#[from] CatalogError),
}

impl Settings {
    /// Puts the settings together.
    ///
    /// # Errors
    /// [`SettingsError`]: the first thing to mend.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, SettingsError> {
        let (text, path) = find_file(flags, environment)?;
        let settings = Self::read(flags, environment, &text, path.as_deref())?;
        settings.with_catalog(&text)
    }

    /// Puts the settings together for a command that only looks: where the file or its catalog
    /// cannot be used, what it says is left out, and why is returned beside.
    ///
    /// # Errors
    /// [`SettingsError`]: what is wrong outside of the file.
    pub fn load_to_look(
        flags: &Flags,
        environment: &Environment,
    ) -> Result<(Self, Option<SettingsError>), SettingsError> {
        let (text, path) = find_file(flags, environment)?;
        let read = |text: &str| Self::read(flags, environment, text, path.as_deref());
        match read(&text) {
            Ok(settings) => Ok(match settings.clone().with_catalog(&text) {
                Ok(whole) => (whole, None),
                Err(error) => (settings, Some(error)),
            }),
            Err(error @ SettingsError::File { .. }) => Ok((read("")?, Some(error))),
            Err(error) => Err(error),
        }
    }

    fn with_catalog(self, text: &str) -> Result<Self, SettingsError> {
        let catalog: CatalogFile = parse(text, self.file.as_deref())?;
        let folder = folder_of(self.file.as_deref());
        let issuer = self.issuer.as_deref().unwrap_or(PLACEHOLDER_ISSUER);
        let catalog = catalog.resolve(folder, issuer, self.allow_insecure_webhooks)?;
        Ok(Self { catalog, ..self })
    }

    /// Everything but the catalog.
    fn read(
        flags: &Flags,
        environment: &Environment,
        text: &str,
        path: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        environment.check()?;
        let folder = folder_of(path).to_owned();
        let file: SettingsFile = parse(text, path)?;
        let value = |name, problem: &dyn std::fmt::Display| SettingsError::Value {
            name,
            problem: problem.to_string(),
        };

        let data_dir = flags
            .data_dir
            .clone()
            .or_else(|| environment.path("PAIDUP_DATA_DIR"))
            .or_else(|| file.data_dir.as_ref().map(|dir| folder.join(dir)))
            .unwrap_or_else(|| PathBuf::from(DEFAULT_DATA_DIR));
        let port = environment.text("PORT").filter(|text| !text.is_empty());
        let listen = match (environment.text("PAIDUP_LISTEN"), port) {
            (Some(text), _) => text
                .parse()
                .map_err(|error| value("PAIDUP_LISTEN", &error))?,
            (None, Some(port)) => Listen::everywhere(
                port.parse()
                    .map_err(|_| value("PORT", &"it is a port, a number up to 65535"))?,
            ),
            (None, None) => file.listen.clone().unwrap_or_default(),
        };
        let mode = match environment.text("PAIDUP_MODE") {
            None => file.mode.unwrap_or_default(),
            Some("test") => Mode::Test,
            Some("live") => Mode::Live,
            Some(_) => return Err(value("PAIDUP_MODE", &"it is \"test\" or \"live\"")),
        };
        let Names { issuer, public_url } = Names::read(&file, environment, mode)?;
        let allow_insecure_webhooks = match environment.text("PAIDUP_ALLOW_INSECURE_WEBHOOKS") {
            None => file.allow_insecure_webhooks.unwrap_or_default(),
            Some("1" | "true") => true,
            Some("0" | "false" | "") => false,
            Some(_) => return Err(value("PAIDUP_ALLOW_INSECURE_WEBHOOKS", &"it is 1 or 0")),
        };
        let cors_origins = match environment.text("PAIDUP_CORS_ORIGINS") {
            None => file.cors_origins.clone(),
            Some(text) => text
                .split(',')
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(|it| {
                    it.parse()
                        .map_err(|error| value("PAIDUP_CORS_ORIGINS", &error))
                })
                .collect::<Result<_, _>>()?,
        };
        let key_file = |variable: &str, setting: &Option<PathBuf>, default: &str| {
            environment
                .path(variable)
                .or_else(|| setting.as_ref().map(|path| folder.join(path)))
                .unwrap_or_else(|| data_dir.join(default))
        };
        let database_url = match environment.secret("DATABASE_URL")? {
            Some(url) => Some(url),
            None => in_file(
                &file.database_url,
                &file.database_url_file,
                &folder,
                "database_url",
            )?,
        };
        let server = ServerSettings::load(&file, environment)?;
        let stripe = StripeSettings::load(&file.stripe, &folder, environment, mode)?;
        let signing_key_file = key_file(
            "PAIDUP_SIGNING_KEY_FILE",
            &file.signing_key_file,
            "signing.key",
        );
        let encryption_key_file = key_file(
            "PAIDUP_ENCRYPTION_KEY_FILE",
            &file.encryption_key_file,
            "encryption.key",
        );
        Ok(Self {
            listen,
            data_dir,
            database_url: database_url.map(|url| unquote(&url).to_owned().into()),
            mode,
            issuer,
            public_url,
            allow_insecure_webhooks,
            cors_origins,
            signing_key_file,
            encryption_key_file,
            server,
            stripe,
            catalog: Catalog::default(),
            file: path.map(Path::to_owned),
        })
    }
}

impl Settings {
    /// Reads the catalog again, from the file it came from.
    ///
    /// # Errors
    /// [`SettingsError`]: the first thing to mend.
    pub fn read_catalog(&self) -> Result<Catalog, SettingsError> {
        let Some(path) = &self.file else {
            return Ok(self.catalog.clone());
        };
        Ok(self.clone().with_catalog(&read(path)?)?.catalog)
    }
}

fn folder_of(file: Option<&Path>) -> &Path {
    file.and_then(Path::parent).unwrap_or(Path::new(""))
}
