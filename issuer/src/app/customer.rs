//! Who is behind a purchase.

use paidup_lifecycle::{History, Purchase};

use super::App;
use crate::store::customers::{self, CustomerRow};
use crate::store::licenses::{LicenseRow, PurchaseOrigin};
use crate::store::{StoreError, Tx};

impl App {
    /// The customer behind a purchase, made or brought up to date.
    pub(super) async fn customer(
        &self,
        tx: &mut Tx,
        history: &History,
        purchase: &Purchase<'_>,
        license: Option<&LicenseRow>,
    ) -> Result<CustomerRow, StoreError> {
        let known = match (purchase.customer, license) {
            (Some(stripe), _) => customers::find_by_stripe(tx, stripe).await?,
            (None, Some(license)) => customers::find(tx, &license.customer_id).await?,
            (None, None) => None,
        };
        let before = known.clone();
        let mut customer = match known {
            Some(customer) => customer,
            None => CustomerRow {
                id: self.0.entropy.id("cst", self.0.clock.millis())?,
                stripe_customer: purchase.customer.map(str::to_owned),
                email: None,
                name: None,
            },
        };
        let record = purchase.customer.and_then(|id| history.customer(id));
        let session = PurchaseOrigin::of(history, &purchase.key.item).session;
        let checkout = session.and_then(|id| history.checkout(&id));
        if record.is_some_and(|it| it.deleted) {
            (customer.email, customer.name) = (None, None);
        } else {
            let email = record.and_then(|it| it.email.clone());
            let typed = checkout.and_then(|it| it.email.clone());
            customer.email = email.or(typed).or(customer.email);
            let name = record.and_then(|it| it.name.clone());
            let typed = checkout.and_then(|it| it.name.clone());
            customer.name = name.or(typed).or(customer.name);
        }
        if before.as_ref() != Some(&customer) {
            customers::save(tx, &customer, self.0.clock.now().0).await?;
        }
        Ok(customer)
    }

    /// The customer of a license.
    pub(super) async fn customer_of(
        &self,
        tx: &mut Tx,
        license: &LicenseRow,
    ) -> Result<CustomerRow, StoreError> {
        customers::find(tx, &license.customer_id)
            .await?
            .ok_or_else(|| StoreError::Inconsistent {
                table: "licenses",
                column: "customer_id",
                row: license.id.clone(),
            })
    }
}
