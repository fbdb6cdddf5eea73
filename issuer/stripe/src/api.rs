//! Asks Stripe what a fact lacks.
//!
//! The requests are async-stripe's, and so are the API version they speak and
//! the rules of when to try again. The transport is ours, for two reasons: the
//! moment of a reply is taken from Stripe's own `Date` header, which
//! async-stripe's client does not show, so that a wrong clock here cannot make
//! a snapshot look older or newer than it is; and replies are read by
//! [`facts_of`](crate::facts_of), which forgives a missing member where the generated types
//! refuse the whole reply.

mod endpoints;
mod error;
mod key;
mod limits;
mod list;
mod permission;
mod transport;
mod whole;

use paidup_lifecycle::{Fact, InvoiceOrigin, Lack, Object, Timestamp};
use serde_json::Value;
use stripe_billing::invoice::{ListInvoice, RetrieveInvoice};
use stripe_billing::invoice_payment::{
    ListInvoicePayment, ListInvoicePaymentPayment, ListInvoicePaymentPaymentType,
};
use stripe_billing::subscription::RetrieveSubscription;
use stripe_checkout::checkout_session::{ListCheckoutSession, RetrieveCheckoutSession};
use stripe_client_core::StripeRequest;
use stripe_core::charge::{ListCharge, RetrieveCharge};
use stripe_core::customer::RetrieveCustomer;

pub use endpoints::{Endpoint, MAX_ENDPOINTS, NewSecret};
pub use error::ApiError;
pub use key::{ApiKey, InvalidApiKey, StripeMode};
pub use list::{Kind, Page};
pub use permission::Permission;
use transport::Transport;

/// Stripe's API, with one key.
#[derive(Debug, Clone)]
pub struct Api(Transport);

/// Objects, and when Stripe told of them.
type Told = Vec<(Timestamp, Object)>;

impl Api {
    /// Prepares to ask Stripe, or whoever listens at `base` (no path).
    ///
    /// # Errors
    /// [`ApiError::Setup`] where key or base cannot be used.
    pub fn new(key: &ApiKey, base: Option<&str>) -> Result<Self, ApiError> {
        Transport::new(key, base).map(Self)
    }

    /// Which kind of key is used, and how it ends: enough to tell keys apart.
    #[must_use]
    pub fn key_hint(&self) -> String {
        self.0.hint.clone()
    }

    /// Asks for what a history lacks. `asked` numbers the question: it must grow from
    /// one to the next, since Stripe times its replies in whole seconds.
    ///
    /// # Errors
    /// [`ApiError`] where Stripe did not answer, or not usefully; it
    /// [is missing](ApiError::is_missing) where Stripe does not know the object.
    pub async fn supply(&self, lack: &Lack, asked: i64) -> Result<Vec<Fact>, ApiError> {
        let told = match lack {
            Lack::Subscription(id) => self.one(&RetrieveSubscription::new(id.as_str())).await,
            Lack::CheckoutLines(id) => {
                let lines = vec!["line_items".to_owned()];
                self.one(&RetrieveCheckoutSession::new(id.as_str()).expand(lines))
                    .await
            }
            Lack::Invoices(subscription) => {
                let payments = vec!["data.payments".to_owned()];
                let list = ListInvoice::new().subscription(subscription).limit(100);
                self.first_page(&list.expand(payments)).await
            }
            Lack::Invoice(id) => {
                let payments = vec!["payments".to_owned()];
                self.one(&RetrieveInvoice::new(id.as_str()).expand(payments))
                    .await
            }
            Lack::Origin(payment) => self.origin(payment).await,
            Lack::Charge(id) => {
                let refunds = vec!["refunds".to_owned()];
                self.one(&RetrieveCharge::new(id.as_str()).expand(refunds))
                    .await
            }
            Lack::Payment(id) => self.charges(id).await,
            Lack::InvoiceOrigin(id) => self.invoice_origin(id).await,
            Lack::Customer(id) => self.one(&RetrieveCustomer::new(id.as_str())).await,
        }?;
        Ok(told
            .into_iter()
            .map(|(at, object)| Fact::fetched(at, asked, object))
            .collect())
    }

    /// The checkout that started a subscription, where one did, with what it sold.
    ///
    /// # Errors
    /// As for [`supply`](Self::supply).
    pub async fn session_of(&self, subscription: &str, asked: i64) -> Result<Vec<Fact>, ApiError> {
        let lines = vec!["data.line_items".to_owned()];
        let list = ListCheckoutSession::new().subscription(subscription);
        let told = self.first_page(&list.limit(1).expand(lines)).await?;
        let fact = |(at, object)| Fact::fetched(at, asked, object);
        Ok(told.into_iter().map(fact).collect())
    }

    // A charge has named no invoice since 2025-03-31: the invoice's payments do,
    // and a single purchase is found through its checkout.
    async fn origin(&self, payment: &str) -> Result<Told, ApiError> {
        let mut by = ListInvoicePaymentPayment::new(ListInvoicePaymentPaymentType::PaymentIntent);
        by.payment_intent = Some(payment.to_owned());
        let told = self
            .first_page(&ListInvoicePayment::new().payment(by).limit(100))
            .await?;
        if !told.is_empty() {
            return Ok(told);
        }
        self.first_page(
            &ListCheckoutSession::new()
                .payment_intent(payment)
                .limit(100),
        )
        .await
    }

    /// The charges behind a payment, each with its refunds.
    async fn charges(&self, payment: &str) -> Result<Told, ApiError> {
        let refunds = vec!["data.refunds".to_owned()];
        let list = ListCharge::new().payment_intent(payment).limit(100);
        self.first_page(&list.expand(refunds)).await
    }

    // An invoice does not name the checkout that made it: its payments lead there.
    async fn invoice_origin(&self, invoice: &str) -> Result<Told, ApiError> {
        let list = ListInvoicePayment::new().invoice(invoice).limit(100);
        let answer = match self.ask_whole(list.build()).await {
            Ok(answer) => answer,
            Err(error) if error.is_missing() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let data = answer.body.get("data").and_then(Value::as_array);
        let mut told = answer.tell(data.ok_or(ApiError::Unreadable(None))?)?;
        let payments: Vec<String> = told
            .iter()
            .filter_map(|(_, object)| match object {
                Object::Settlement(settlement) => Some(settlement.payment.clone()),
                _ => None,
            })
            .collect();
        let mut made_by = None;
        for payment in payments.iter().filter(|id| id.starts_with("pi_")) {
            let sessions = ListCheckoutSession::new()
                .payment_intent(payment)
                .limit(100);
            for (at, object) in self.first_page(&sessions).await? {
                if let Object::Checkout(checkout) = &object {
                    made_by = Some(checkout.id.clone());
                }
                told.push((at, object));
            }
        }
        let origin = InvoiceOrigin {
            invoice: invoice.to_owned(),
            checkout: made_by,
        };
        told.push((answer.moment()?, Object::InvoiceOrigin(origin)));
        Ok(told)
    }

    async fn one(&self, request: &impl StripeRequest) -> Result<Told, ApiError> {
        let answer = self.ask_whole(request.build()).await?;
        answer.tell(std::slice::from_ref(&answer.body))
    }

    // One page: of a subscription's invoices, the newest hundred.
    async fn first_page(&self, request: &impl StripeRequest) -> Result<Told, ApiError> {
        match self.ask_whole(request.build()).await {
            Ok(answer) => {
                let data = answer.body.get("data").and_then(Value::as_array);
                answer.tell(data.ok_or(ApiError::Unreadable(None))?)
            }
            Err(error) if error.is_missing() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
