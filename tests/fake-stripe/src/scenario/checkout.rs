//! A customer in the checkout.

use crate::billing::Receipt;
use crate::event::Cause;
use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::Checkout;

/// A subscription that was bought and paid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purchase {
    /// The checkout session.
    pub session: String,
    /// The customer.
    pub customer: String,
    /// The subscription.
    pub subscription: String,
    /// Its first invoice.
    pub invoice: String,
    /// The payment intent of the invoice.
    pub payment_intent: String,
    /// The charge.
    pub charge: String,
}

impl FakeStripe {
    /// Opens a checkout session. Gives its id.
    ///
    /// # Errors
    /// Where a price or the customer is missing, or a price does not suit the mode.
    pub fn checkout(&self, offer: Checkout) -> Result<String, Refusal> {
        self.request(Cause::default(), |world| world.open_checkout(offer))
    }

    /// The customer pays. By a delayed method the money is then under way, until
    /// [`settle_checkout`](Self::settle_checkout) or
    /// [`fail_checkout`](Self::fail_checkout).
    ///
    /// # Errors
    /// Where the session is missing or no longer open.
    pub async fn complete_checkout(&self, session: &str) -> Result<Receipt, Refusal> {
        self.act(|world| world.complete_checkout(session)).await
    }

    /// A customer buys a subscription by card: a checkout session from its opening
    /// to its payment.
    ///
    /// # Errors
    /// Where the price is missing, free of charge or not a recurring one.
    pub async fn buy(&self, price: &str, email: &str) -> Result<Purchase, Refusal> {
        let session = self.checkout(Checkout::subscription(price).email(email))?;
        let receipt = self.complete_checkout(&session).await?;
        let lacking = |what| move || Refusal::MissingParameter { param: what };
        Ok(Purchase {
            session,
            customer: receipt.customer.ok_or_else(lacking("customer"))?,
            subscription: receipt.subscription.ok_or_else(lacking("subscription"))?,
            invoice: receipt.invoice.ok_or_else(lacking("invoice"))?,
            payment_intent: receipt
                .payment_intent
                .ok_or_else(lacking("payment_intent"))?,
            charge: receipt.charge.ok_or_else(lacking("charge"))?,
        })
    }

    /// The delayed payment comes.
    ///
    /// # Errors
    /// Where none is under way.
    pub async fn settle_checkout(&self, session: &str) -> Result<(), Refusal> {
        self.act(|world| world.settle_checkout(session)).await
    }

    /// The delayed payment does not come.
    ///
    /// # Errors
    /// Where none is under way.
    pub async fn fail_checkout(&self, session: &str) -> Result<(), Refusal> {
        self.act(|world| world.fail_checkout(session)).await
    }

    /// Nobody paid in time.
    ///
    /// # Errors
    /// Where the session is missing or no longer open.
    pub async fn expire_checkout(&self, session: &str) -> Result<(), Refusal> {
        self.act(|world| world.expire_checkout(session)).await
    }
}
