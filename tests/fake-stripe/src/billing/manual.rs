//! Invoices that the vendor draws up by hand, and invoices paid by request.

use super::Outcome;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, Fate, Invoice, InvoiceItem, InvoiceLine, InvoiceStatus, Metadata, Method,
    Period, World,
};

/// What the vendor puts on a customer's next invoice.
pub(crate) struct NewInvoiceItem {
    pub(crate) customer: String,
    pub(crate) price: Option<String>,
    /// Of one; by default the price's.
    pub(crate) unit_amount: Option<i64>,
    pub(crate) quantity: i64,
    pub(crate) currency: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
}

impl World {
    pub(crate) fn add_invoice_item(&mut self, new: NewInvoiceItem) -> Result<String, Refusal> {
        self.customers.get(&new.customer)?;
        let price = match &new.price {
            Some(price) => Some(self.prices.get(price)?),
            None => None,
        };
        let param = "amount";
        let unit_amount = new.unit_amount.or(price.map(|it| it.unit_amount));
        let currency = new.currency.or(price.map(|it| it.currency.clone()));
        let item = InvoiceItem {
            id: String::new(),
            customer: new.customer,
            currency: currency.unwrap_or_else(|| "usd".to_owned()),
            unit_amount: unit_amount.ok_or(Refusal::MissingParameter { param })?,
            quantity: new.quantity,
            price: new.price,
            description: new.description,
            invoice: None,
            created: self.now(),
            metadata: new.metadata,
        };
        let id = self.ids.next("ii_");
        self.invoice_items.insert(InvoiceItem {
            id: id.clone(),
            ..item
        });
        self.tell::<InvoiceItem>("invoiceitem.created", &id)?;
        Ok(id)
    }

    /// Draws up an invoice, of what waits for the customer's next one if it shall
    /// be on this.
    pub(crate) fn add_invoice(
        &mut self,
        customer: &str,
        with_pending: bool,
        description: Option<String>,
        metadata: Metadata,
    ) -> Result<String, Refusal> {
        let now = self.now();
        let customer = self.customers.get(customer)?;
        let (customer, customer_email) = (customer.id.clone(), customer.email.clone());
        let id = self.ids.next("in_");
        let waiting = |it: &&InvoiceItem| it.customer == customer && it.invoice.is_none();
        let items: Vec<String> = self
            .invoice_items
            .oldest_first()
            .filter(waiting)
            .filter(|_| with_pending)
            .map(|it| it.id.clone())
            .collect();
        let mut currency = "usd".to_owned();
        let mut lines = Vec::new();
        for item in items {
            let line = self.ids.next("il_");
            let item = self.invoice_items.get_mut(&item)?;
            item.invoice = Some(id.clone());
            currency.clone_from(&item.currency);
            let price = item.price.as_ref().and_then(|it| self.prices.get(it).ok());
            lines.push(item.line(line, price.map(|it| it.product.clone())));
        }
        self.invoices.insert(Invoice {
            id: id.clone(),
            number: None,
            customer,
            customer_email,
            subscription: None,
            subscription_metadata: Metadata::new(),
            billing_reason: BillingReason::Manual,
            status: InvoiceStatus::Draft,
            description,
            currency,
            lines,
            amount_paid: 0,
            attempt_count: 0,
            next_payment_attempt: None,
            period: Period {
                start: now,
                end: now,
            },
            created: now,
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            uncollectible_at: None,
            metadata,
        });
        self.tell::<Invoice>("invoice.created", &id)?;
        Ok(id)
    }

    /// A draft becomes final; where nothing is due, it is paid thereby.
    pub(crate) fn finalize_draft(&mut self, id: &str) -> Result<(), Refusal> {
        let draft = self.invoices.get(id)?;
        draft.require(&[InvoiceStatus::Draft], "be finalized")?;
        let due = draft.amount_due();
        self.finalize(id, Method::Card)?;
        if due == 0 {
            self.mark_paid(id)?;
        }
        Ok(())
    }

    pub(crate) fn delete_draft(&mut self, id: &str) -> Result<(), Refusal> {
        let draft = self.invoices.get(id)?;
        draft.require(&[InvoiceStatus::Draft], "be deleted")?;
        self.tell::<Invoice>("invoice.deleted", id)?;
        self.invoices.remove(id).map(drop)
    }

    /// Collects an invoice on request, by the payment method that is named or by
    /// the customer's own, as well as that can.
    pub(crate) fn charge_invoice(
        &mut self,
        id: &str,
        payment_method: Option<&str>,
    ) -> Result<(), Refusal> {
        if self.invoices.get(id)?.status == InvoiceStatus::Draft {
            self.finalize_draft(id)?;
        }
        let payable = [InvoiceStatus::Open, InvoiceStatus::Uncollectible];
        self.invoices.get(id)?.require(&payable, "be paid")?;
        let Some(intent) = self.payment_intent_of(id) else {
            return self.mark_paid(id);
        };
        if let Some(payment_method) = payment_method {
            self.pay_with(&intent, payment_method)?;
        }
        let fate = self.fate_of(&intent);
        if fate.pays() {
            return self.collect(id, Outcome::Succeeds);
        }
        let subscription = self.invoices.get(id)?.subscription.clone();
        let refusal = if fate == Fate::NeedsAction {
            self.ask_customer(&intent)?;
            self.note_failure(id)?;
            self.tell::<Invoice>("invoice.payment_action_required", id)?;
            Refusal::Card {
                code: "invoice_payment_intent_requires_action",
                charge: None,
            }
        } else {
            self.collect(id, Outcome::Fails)?;
            Refusal::Card {
                code: "card_declined",
                charge: self.charge_of(&intent).ok(),
            }
        };
        if let Some(subscription) = subscription {
            self.fall_behind(&subscription)?;
        }
        Err(refusal)
    }
}

impl InvoiceItem {
    fn line(&self, id: String, product: Option<String>) -> InvoiceLine {
        InvoiceLine {
            id,
            amount: self.amount(),
            description: self.description.clone().unwrap_or_default(),
            item: None,
            invoice_item: Some(self.id.clone()),
            price: self.price.clone(),
            product,
            unit_amount: self.unit_amount,
            quantity: self.quantity,
            period: Period {
                start: self.created,
                end: self.created,
            },
            proration: false,
        }
    }
}
