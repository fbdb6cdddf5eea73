//! Invoices that the vendor draws up by hand, and invoices paid by request.

use super::Outcome;
use super::draft::NewInvoice;
use super::payment::Payment;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, Fate, Invoice, InvoiceItem, InvoiceLine, InvoicePayment, InvoiceStatus,
    Metadata, Method, Period, World,
};

/// What the vendor puts on a customer's next invoice.
pub(crate) struct NewInvoiceItem {
    pub(crate) customer: String,
    /// The subscription whose next invoice it is for; none for any of the customer's.
    pub(crate) subscription: Option<String>,
    pub(crate) price: Option<String>,
    /// Of one; by default the price's.
    pub(crate) unit_amount: Option<i64>,
    pub(crate) quantity: i64,
    pub(crate) currency: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
}

/// An invoice that the vendor draws up.
pub(crate) struct ManualInvoice {
    pub(crate) customer: String,
    /// The subscription beside whose own invoices it is.
    pub(crate) subscription: Option<String>,
    pub(crate) with_pending: bool,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
}

/// A line of an invoice that the vendor draws up and sends at once.
pub(crate) enum BilledByHand {
    Amount(i64),
    Price(String, i64),
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
            subscription: new.subscription,
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

    /// Draws up an invoice, of what waits for the next one if it shall be on this.
    pub(crate) fn add_invoice(&mut self, new: ManualInvoice) -> Result<String, Refusal> {
        let now = self.now();
        let id = self.ids.next("in_");
        let waiting = |it: &&InvoiceItem| {
            it.customer == new.customer
                && it.invoice.is_none()
                && it.subscription == new.subscription
        };
        let items: Vec<String> = self
            .invoice_items
            .oldest_first()
            .filter(waiting)
            .filter(|_| new.with_pending)
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
        self.draft(NewInvoice {
            id: id.clone(),
            customer: new.customer,
            subscription: new.subscription,
            billing_reason: BillingReason::Manual,
            description: new.description,
            currency,
            lines,
            days_until_due: None,
            period: Period {
                start: now,
                end: now,
            },
            metadata: new.metadata,
        })?;
        self.tell::<Invoice>("invoice.created", &id)?;
        Ok(id)
    }

    /// Bills an amount beside a subscription's own invoices, or prices without any
    /// subscription. Gives the invoice, which is open.
    pub(crate) fn bill_by_hand(
        &mut self,
        customer: &str,
        subscription: Option<&str>,
        items: Vec<BilledByHand>,
    ) -> Result<String, Refusal> {
        for item in items {
            let (price, unit_amount, quantity) = match item {
                BilledByHand::Amount(amount) => (None, Some(amount), 1),
                BilledByHand::Price(price, quantity) => (Some(price), None, quantity),
            };
            self.add_invoice_item(NewInvoiceItem {
                customer: customer.to_owned(),
                subscription: subscription.map(str::to_owned),
                price,
                unit_amount,
                quantity,
                currency: None,
                description: Some("Billed by hand".to_owned()),
                metadata: Metadata::new(),
            })?;
        }
        let id = self.add_invoice(ManualInvoice {
            customer: customer.to_owned(),
            subscription: subscription.map(str::to_owned),
            with_pending: true,
            description: None,
            metadata: Metadata::new(),
        })?;
        self.finalize_draft(&id)?;
        Ok(id)
    }

    /// A part of an open invoice is paid by a payment of its own; the last part makes
    /// the invoice paid. Gives the payment intent.
    pub(crate) fn pay_part(&mut self, id: &str, amount: i64) -> Result<String, Refusal> {
        let invoice = self.invoices.get(id)?;
        invoice.require(&[InvoiceStatus::Open], "be paid in part")?;
        let left = invoice.amount_remaining();
        if !(1..=left).contains(&amount) {
            let (param, problem) = ("amount", "at least 1, and no more than is left to pay");
            return Err(Refusal::InvalidParameter { param, problem });
        }
        let payment = Payment {
            amount,
            currency: invoice.currency.clone(),
            customer: Some(invoice.customer.clone()),
            email: invoice.customer_email.clone(),
            method: Method::Card,
            payment_method: self.default_payment_method(&invoice.customer),
            description: invoice.description.clone(),
            metadata: Metadata::new(),
        };
        let (currency, now) = (payment.currency.clone(), self.now());
        let intent = self.open_payment(payment)?;
        let part = self.ids.next("inpay_");
        self.invoice_payments.insert(InvoicePayment {
            id: part.clone(),
            invoice: id.to_owned(),
            payment_intent: intent.clone(),
            is_default: false,
            currency,
            amount,
            created: now,
            paid_at: Some(now),
            canceled_at: None,
        });
        self.settle_payment(&intent)?;
        self.change::<Invoice>("invoice.updated", id, |invoice| {
            invoice.amount_paid += amount;
        })?;
        self.tell::<InvoicePayment>("invoice_payment.paid", &part)?;
        self.ask_for_rest(id)?;
        Ok(intent)
    }

    fn ask_for_rest(&mut self, id: &str) -> Result<(), Refusal> {
        let left = self.invoices.get(id)?.amount_remaining();
        if left == 0 {
            return self.mark_paid(id);
        }
        if let Some(intent) = self.payment_intent_of(id) {
            self.payment_intents.get_mut(&intent)?.amount = left;
        }
        if let Some(rest) = self.collecting(id).map(|it| it.id.clone()) {
            self.invoice_payments.get_mut(&rest)?.amount = left;
        }
        Ok(())
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
