//! Licenses: what the facts amount to, item by item, and the key of each.

mod lookup;
mod origin;
mod since;

use paidup_lifecycle::{Condition, LicenseState, Order, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx, json, to_json};
pub use lookup::{of_customer, of_email, of_origin};
pub use origin::{Metadata, PurchaseOrigin};

/// A license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseRow {
    /// `lic_…`
    pub id: String,
    /// What it follows.
    pub item: String,
    /// The subscription it follows, if any.
    pub subscription: Option<String>,
    /// Where it was bought.
    pub origin: PurchaseOrigin,
    /// Who pays.
    pub customer_id: String,
    /// The product's code.
    pub product: String,
    /// The hash of the key.
    pub key_hash: String,
    /// The key, encrypted.
    pub key_sealed: String,
    /// What the facts amount to.
    pub state: LicenseState,
    /// What an administrator ordered.
    pub order: Option<Order>,
    /// What was last told of it; absent where nothing was.
    pub told: Option<Condition>,
    /// Grows with each change.
    pub seq: i64,
    /// With which `seq` it got its key.
    pub key_seq: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// Since when it has the status that was stored with that change; by Stripe's clock
    /// where it is known.
    pub status_since: i64,
    /// Its known end is the end of the period that is paid.
    pub ends_with_period: bool,
}

impl LicenseRow {
    /// What holds at `now`: what the facts amount to, under what was ordered.
    #[must_use]
    pub fn condition(&self, now: Timestamp) -> Condition {
        let condition = self.state.at(now);
        match self.order {
            None => condition,
            Some(order) => order.over(condition),
        }
    }

    /// The next moment after `now` at which time alone changes what holds.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let condition = self.condition(now);
        let mut change = self.state.next_change(now)?;
        while self.condition(change) == condition {
            change = self.state.next_change(change)?;
        }
        Some(change)
    }
}

impl TryFrom<&AnyRow> for LicenseRow {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        let id: String = row.try_get("id")?;
        let state: String = row.try_get("state")?;
        let told: Option<String> = row.try_get("told")?;
        let order: Option<String> = row.try_get("admin_order")?;
        Ok(Self {
            item: row.try_get("item")?,
            subscription: row.try_get("subscription")?,
            origin: PurchaseOrigin::read(row, &id)?,
            customer_id: row.try_get("customer_id")?,
            product: row.try_get("product")?,
            key_hash: row.try_get("key_hash")?,
            key_sealed: row.try_get("key_sealed")?,
            state: json(&state, "licenses", "state", &id)?,
            order: order
                .map(|word| {
                    let order = Order::ALL.into_iter().find(|it| it.as_str() == word);
                    order.ok_or_else(|| StoreError::Inconsistent {
                        table: "licenses",
                        column: "admin_order",
                        row: id.clone(),
                    })
                })
                .transpose()?,
            told: told
                .map(|told| json(&told, "licenses", "told", &id))
                .transpose()?,
            seq: row.try_get("seq")?,
            key_seq: row.try_get("key_seq")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            status_since: row.try_get("status_since")?,
            ends_with_period: row.try_get::<i64, _>("ends_with_period")? != 0,
            id,
        })
    }
}

/// Stores a license as it now is at `now`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn save(tx: &mut Tx, license: &LicenseRow, now: Timestamp) -> Result<(), StoreError> {
    let condition = license.condition(now);
    sqlx::query(
        "INSERT INTO licenses
             (id, item, subscription, session, customer_id, product, policy, key_hash, key_sealed,
              state, admin_order, told, status, seq, change_at, created_at, updated_at, key_seq,
              status_since, ends_with_period, client_reference_id, session_metadata,
              subscription_metadata)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22, $23)
         ON CONFLICT (id) DO UPDATE
         SET item = $2, subscription = $3, session = $4, customer_id = $5, product = $6,
             policy = $7, key_hash = $8, key_sealed = $9, state = $10, admin_order = $11,
             told = $12, status = $13, seq = $14, change_at = $15, updated_at = $17,
             key_seq = $18, status_since = $19, ends_with_period = $20,
             client_reference_id = $21, session_metadata = $22, subscription_metadata = $23",
    )
    .bind(&license.id)
    .bind(&license.item)
    .bind(&license.subscription)
    .bind(&license.origin.session)
    .bind(&license.customer_id)
    .bind(&license.product)
    .bind(&license.state.policy)
    .bind(&license.key_hash)
    .bind(&license.key_sealed)
    .bind(to_json(&license.state))
    .bind(license.order.map(Order::as_str))
    .bind(license.told.as_ref().map(to_json))
    .bind(condition.status.as_str())
    .bind(license.seq)
    .bind(license.next_change(now).map(|moment| moment.0))
    .bind(license.created_at)
    .bind(license.updated_at)
    .bind(license.key_seq)
    .bind(license.status_since)
    .bind(i64::from(license.ends_with_period))
    .bind(&license.origin.client_reference_id)
    .bind(to_json(&license.origin.session_metadata))
    .bind(to_json(&license.origin.subscription_metadata))
    .execute(&mut **tx)
    .await?;
    attach(tx, &license.item, &license.id).await
}

/// Says that a license follows an item, or did before it was carried on.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn attach(tx: &mut Tx, item: &str, license_id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO license_items (item, license_id) VALUES ($1, $2)
         ON CONFLICT (item) DO UPDATE SET license_id = $2",
    )
    .bind(item)
    .bind(license_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The license that follows that item, or did before it was carried on.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_item(
    db: &mut AnyConnection,
    item: &str,
) -> Result<Option<LicenseRow>, StoreError> {
    let row = sqlx::query(
        "SELECT licenses.* FROM license_items
         JOIN licenses ON licenses.id = license_items.license_id
         WHERE license_items.item = $1",
    )
    .bind(item)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(LicenseRow::try_from).transpose()
}

/// Every item that a license has ever followed.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn items(db: &mut AnyConnection, id: &str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT item FROM license_items WHERE license_id = $1 ORDER BY item")
        .bind(id)
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| Ok(row.try_get("item")?)).collect()
}

/// The license of that key.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_key(
    db: &mut AnyConnection,
    key_hash: &str,
) -> Result<Option<LicenseRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM licenses WHERE key_hash = $1")
        .bind(key_hash)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(LicenseRow::try_from).transpose()
}

/// The license of that identifier.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, id: &str) -> Result<Option<LicenseRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM licenses WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(LicenseRow::try_from).transpose()
}

/// The license of that identifier, which nobody else changes before `tx` ends.
///
/// # Errors
/// [`StoreError`].
pub async fn hold(tx: &mut Tx, id: &str) -> Result<Option<LicenseRow>, StoreError> {
    let query = format!("SELECT * FROM licenses WHERE id = $1 {}", tx.for_share());
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(LicenseRow::try_from).transpose()
}

/// The licenses that follow items of that subscription.
///
/// # Errors
/// [`StoreError`].
pub async fn of_subscription(
    db: &mut AnyConnection,
    subscription: &str,
) -> Result<Vec<LicenseRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM licenses WHERE subscription = $1 ORDER BY id")
        .bind(subscription)
        .fetch_all(db)
        .await?;
    rows.iter().map(LicenseRow::try_from).collect()
}

/// All licenses, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(db: &mut AnyConnection) -> Result<Vec<LicenseRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM licenses ORDER BY created_at, id")
        .fetch_all(db)
        .await?;
    rows.iter().map(LicenseRow::try_from).collect()
}

/// Licenses whose answer time alone has changed by `now`, a batch of them.
///
/// # Errors
/// [`StoreError`].
pub async fn due(db: &mut AnyConnection, now: Timestamp) -> Result<Vec<LicenseRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM licenses WHERE change_at <= $1 ORDER BY change_at, id LIMIT 100",
    )
    .bind(now.0)
    .fetch_all(db)
    .await?;
    rows.iter().map(LicenseRow::try_from).collect()
}

/// Counts every license as changed, at this moment in milliseconds.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_all_as_changed(tx: &mut Tx, millis: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE licenses SET seq = CASE WHEN seq + 1 > $1 THEN seq + 1 ELSE $1 END")
        .bind(millis)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Counts a license as changed after `seq`, which a token of ours has told: this
/// database is older than that token.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn catch_up(tx: &mut Tx, id: &str, seq: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE licenses SET seq = $2 WHERE id = $1 AND seq < $2")
        .bind(id)
        .bind(seq)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
