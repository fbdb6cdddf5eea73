//! An invoice as it is drawn up.

use crate::refusal::Refusal;
use crate::state::{BillingReason, Invoice, InvoiceLine, InvoiceStatus, Metadata, Period, World};

/// What an invoice is drawn up from.
pub(crate) struct NewInvoice {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) subscription: Option<String>,
    pub(crate) billing_reason: BillingReason,
    pub(crate) description: Option<String>,
    pub(crate) currency: String,
    pub(crate) lines: Vec<InvoiceLine>,
    pub(crate) days_until_due: Option<u32>,
    pub(crate) period: Period,
    pub(crate) metadata: Metadata,
}

impl World {
    /// Keeps a draft, silently.
    pub(crate) fn draft(&mut self, new: NewInvoice) -> Result<(), Refusal> {
        let customer_email = self.customers.get(&new.customer)?.email.clone();
        let subscription = match &new.subscription {
            Some(id) => Some(self.subscriptions.get(id)?),
            None => None,
        };
        let subscription_metadata = subscription.map(|it| it.metadata.clone());
        let created = self.now();
        self.invoices.insert(Invoice {
            id: new.id,
            number: None,
            customer: new.customer,
            customer_email,
            subscription: new.subscription,
            subscription_metadata: subscription_metadata.unwrap_or_default(),
            billing_reason: new.billing_reason,
            status: InvoiceStatus::Draft,
            description: new.description,
            currency: new.currency,
            lines: new.lines,
            amount_paid: 0,
            attempt_count: 0,
            next_payment_attempt: None,
            days_until_due: new.days_until_due,
            period: new.period,
            created,
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            uncollectible_at: None,
            metadata: new.metadata,
        });
        Ok(())
    }
}
