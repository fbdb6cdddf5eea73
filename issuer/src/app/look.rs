//! A license with everything that belongs to it, for its vendor.

use serde_json::{Value, json};

use super::view::LicenseView;
use super::{Activation, App, IssueError, MachineView};
use crate::store::licenses::{self, LicenseRow};
use crate::store::{Tx, customers, machines};

impl App {
    /// A license, with its machines.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn license(&self, id: &str) -> Result<Value, IssueError> {
        let mut tx = self.0.store.write().await?;
        let license = licenses::find(&mut tx, id).await?;
        self.whole(&mut tx, license.ok_or(IssueError::NotFound)?)
            .await
    }

    /// The license of a key, with its machines.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn license_by_key(&self, key: &str) -> Result<Value, IssueError> {
        let mut tx = self.0.store.write().await?;
        let license = self.license_of_key(&mut tx, key).await?;
        self.whole(&mut tx, license).await
    }

    async fn whole(&self, tx: &mut Tx, license: LicenseRow) -> Result<Value, IssueError> {
        let now = self.0.clock.now();
        let catalog = self.catalog();
        let active = machines::list_active(tx, &license.id).await?;
        let mut view = match customers::find(tx, &license.customer_id).await? {
            Some(customer) => LicenseView::new(&license, &customer, &catalog, self.0.mode, now),
            None => LicenseView::of_key_holder(&license, &catalog, now),
        };
        view.sold_by(self.account());
        let count = u64::try_from(active.len()).unwrap_or(u64::MAX);
        view.count_machines(count, &catalog);
        let machines: Vec<_> = active.iter().map(MachineView::from).collect();
        let mut whole = json!(view);
        if let Some(whole) = whole.as_object_mut() {
            whole.insert("machines".to_owned(), json!(machines));
        }
        Ok(whole)
    }

    /// Takes a seat for a machine, without a token.
    ///
    /// # Errors
    /// [`IssueError`]; [`IssueError::Unusable`] where the license is not active.
    pub async fn take_seat(&self, request: &Activation) -> Result<MachineView, IssueError> {
        let issued = self.activate(request).await?;
        match issued.machine {
            Some(machine) if issued.license.is_valid() => Ok(machine),
            _ => Err(IssueError::Unusable(issued.license.status())),
        }
    }
}
