//! What an administrator orders of a license. It holds until it is lifted, whatever
//! Stripe tells meanwhile.

use paidup_lifecycle::Order;
use serde_json::json;

use super::App;
use super::retry::again;
use crate::store::StoreError;
use crate::store::audit::{self, Entry};
use crate::store::licenses::{self, LicenseRow};

/// Why an order cannot be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// There is no such license.
    #[error("there is no license {0}; see `paidup licenses list`")]
    NotFound(String),
    /// The product is not in the catalog any more.
    #[error("the product \"{0}\" of this license is not in the catalog; put it back")]
    NoProduct(String),
    /// The license has no such machine with a seat.
    #[error("the license has no machine {0} with a seat; see `paidup licenses machines`")]
    NoMachine(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Orders something of a license, or lifts what was ordered, and tells of what
    /// that changes. Returns the license as it now is.
    ///
    /// # Errors
    /// [`OrderError`].
    pub async fn order(&self, id: &str, order: Option<Order>) -> Result<LicenseRow, OrderError> {
        again(|| self.try_order(id, order)).await
    }

    async fn try_order(&self, id: &str, order: Option<Order>) -> Result<LicenseRow, OrderError> {
        let mut tx = self.0.store.decide().await?;
        let before = licenses::find(&mut tx, id)
            .await?
            .ok_or_else(|| OrderError::NotFound(id.to_owned()))?;
        if before.order == order {
            return Ok(before);
        }
        let after = LicenseRow {
            order,
            ..before.clone()
        };
        let entry = Entry {
            actor: "administrator",
            action: "license.ordered",
            subject: id,
            detail: json!({ "order": order }),
        };
        audit::append(&mut tx, &entry, self.0.clock.now().0).await?;
        let customer = self.customer_of(&mut tx, &before).await?;
        self.change(
            &mut tx,
            &before,
            after,
            &customer,
            &self.catalog(),
            "administrator",
        )
        .await?;
        let ordered = licenses::find(&mut tx, id).await?;
        tx.commit().await?;
        self.0.bell.deliveries.notify_one();
        ordered.ok_or_else(|| OrderError::NotFound(id.to_owned()))
    }
}
