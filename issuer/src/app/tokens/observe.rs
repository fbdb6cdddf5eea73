//! The token that an app would hold now, for a simulation to look at: it takes no seat,
//! and no activation is counted.

use paidup::MachineClass;

use super::issue::IssueError;
use super::seal::{Binding, Verdict};
use crate::app::App;
use crate::store::licenses::LicenseRow;

impl App {
    /// Seals a token of the license for a machine that has no place.
    ///
    /// # Errors
    /// [`IssueError`].
    pub(crate) async fn observe(
        &self,
        license: &LicenseRow,
        fingerprint: &str,
    ) -> Result<String, IssueError> {
        let mut tx = self.0.store.write().await?;
        let binding = Binding {
            fingerprint: Some(fingerprint),
            class: MachineClass::Desktop,
            nonce: None,
            lease: None,
        };
        let token = self
            .seal(&mut tx, license, &Verdict::AsTheLicense, &binding)
            .await?;
        tx.commit().await?;
        Ok(token)
    }
}
