//! `paidup migrate`.

use std::process::ExitCode;

use super::Failure;
use crate::key_file::make_private_dir;
use crate::settings::{Environment, Flags, Settings};
use crate::store::Store;

pub(super) async fn run(flags: &Flags) -> Result<ExitCode, Failure> {
    let settings = Settings::load(flags, &Environment::of_process())?;
    make_private_dir(&settings.data_dir)?;
    let store = Store::open(settings.database_url.as_ref(), &settings.data_dir).await?;
    store.migrate().await?;
    store.close().await;
    println!("The schema is up to date.");
    Ok(ExitCode::SUCCESS)
}
