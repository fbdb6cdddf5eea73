//! The licenses of a purchase, a customer or an e-mail address.

use sqlx::AnyConnection;

use super::LicenseRow;
use crate::store::StoreError;

/// The licenses that follow what was bought in a subscription or through a checkout, or
/// did before they were carried on.
///
/// # Errors
/// [`StoreError`].
pub async fn of_origin(
    db: &mut AnyConnection,
    origin: &str,
) -> Result<Vec<LicenseRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM licenses
         WHERE subscription = $1 OR session = $1
            OR id IN (SELECT license_id FROM license_items
                      WHERE substr(item, 1, length($1) + 1) = $1 || '/')",
    )
    .bind(origin)
    .fetch_all(db)
    .await?;
    rows.iter().map(LicenseRow::try_from).collect()
}

/// The licenses of a customer, by Stripe's identifier.
///
/// # Errors
/// [`StoreError`].
pub async fn of_customer(
    db: &mut AnyConnection,
    stripe_customer: &str,
) -> Result<Vec<LicenseRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT licenses.* FROM licenses JOIN customers ON customers.id = licenses.customer_id
         WHERE customers.stripe_customer = $1",
    )
    .bind(stripe_customer)
    .fetch_all(db)
    .await?;
    rows.iter().map(LicenseRow::try_from).collect()
}

/// The licenses of the customers of an e-mail address, which is trimmed and in lower
/// case.
///
/// # Errors
/// [`StoreError`].
pub async fn of_email(db: &mut AnyConnection, email: &str) -> Result<Vec<LicenseRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT licenses.* FROM licenses JOIN customers ON customers.id = licenses.customer_id
         WHERE lower(trim(customers.email)) = $1",
    )
    .bind(email)
    .fetch_all(db)
    .await?;
    rows.iter().map(LicenseRow::try_from).collect()
}
