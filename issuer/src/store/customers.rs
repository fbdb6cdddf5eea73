//! Who pays.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// `cst_…`
    pub id: String,
    /// Stripe's identifier; absent for guests.
    pub stripe_customer: Option<String>,
    /// Where to reach them.
    pub email: Option<String>,
    /// What they are called.
    pub name: Option<String>,
}

impl TryFrom<&AnyRow> for CustomerRow {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            stripe_customer: row.try_get("stripe_customer")?,
            email: row.try_get("email")?,
            name: row.try_get("name")?,
        })
    }
}

/// The customer of that identifier.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, id: &str) -> Result<Option<CustomerRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM customers WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(CustomerRow::try_from).transpose()
}

/// The customer whom Stripe knows by that identifier.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_stripe(
    db: &mut AnyConnection,
    stripe_customer: &str,
) -> Result<Option<CustomerRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM customers WHERE stripe_customer = $1")
        .bind(stripe_customer)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(CustomerRow::try_from).transpose()
}

/// Stores a customer as it now is.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn save(tx: &mut Tx, customer: &CustomerRow, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO customers (id, stripe_customer, email, name, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (id) DO UPDATE
         SET stripe_customer = $2, email = $3, name = $4, updated_at = $5",
    )
    .bind(&customer.id)
    .bind(&customer.stripe_customer)
    .bind(&customer.email)
    .bind(&customer.name)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
