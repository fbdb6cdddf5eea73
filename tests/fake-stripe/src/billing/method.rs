//! Whose payment method is whose.

use crate::refusal::Refusal;
use crate::state::{Customer, Fate, Metadata, Method, PaymentMethod, World};

impl World {
    pub(crate) fn add_payment_method(
        &mut self,
        method: Method,
        fate: Fate,
        customer: Option<String>,
    ) -> String {
        let id = self.ids.next("pm_");
        self.payment_methods.insert(PaymentMethod {
            id: id.clone(),
            method,
            fate,
            customer,
            email: None,
            name: None,
            created: self.now(),
            metadata: Metadata::new(),
        });
        id
    }

    /// The payment method that a parameter names; the name of a test card makes a
    /// new one.
    pub(crate) fn payment_method(&mut self, name: &str) -> Result<String, Refusal> {
        if let Some(fate) = Fate::of_card(name) {
            return Ok(self.add_payment_method(Method::Card, fate, None));
        }
        Ok(self.payment_methods.get(name)?.id.clone())
    }

    pub(crate) fn attach(&mut self, id: &str, customer: &str) -> Result<(), Refusal> {
        self.customers.get(customer)?;
        self.payment_methods.get_mut(id)?.customer = Some(customer.to_owned());
        self.tell::<PaymentMethod>("payment_method.attached", id)
    }

    pub(crate) fn detach(&mut self, id: &str) -> Result<(), Refusal> {
        let owner = self.payment_methods.get(id)?.customer.clone();
        if let Some(owner) = owner {
            let owner: &mut Customer = self.customers.get_mut(&owner)?;
            owner.default_payment_method =
                owner.default_payment_method.take().filter(|it| it != id);
        }
        self.change::<PaymentMethod>("payment_method.detached", id, |it| it.customer = None)
    }

    /// What the customer's invoices are paid with, where the customer has said so.
    pub(super) fn default_payment_method(&self, customer: &str) -> Option<String> {
        let customer = self.customers.get(customer).ok()?;
        customer.default_payment_method.clone()
    }

    /// Pays an intent by another payment method from now on.
    pub(crate) fn pay_with(&mut self, intent: &str, payment_method: &str) -> Result<(), Refusal> {
        let method = self.payment_methods.get(payment_method)?.method;
        let intent = self.payment_intents.get_mut(intent)?;
        intent.method = method;
        intent.payment_method = Some(payment_method.to_owned());
        Ok(())
    }

    pub(super) fn fate_of(&self, intent: &str) -> Fate {
        let intent = self.payment_intents.get(intent).ok();
        intent
            .and_then(|it| it.payment_method.as_deref())
            .map_or(Fate::Succeeds, |it| self.fate(it))
    }

    pub(super) fn fate(&self, payment_method: &str) -> Fate {
        let payment_method = self.payment_methods.get(payment_method);
        payment_method.map_or(Fate::Succeeds, |it| it.fate)
    }

    /// The scenario's customers pay without saying with what: with something new.
    pub(super) fn provide_payment_method(&mut self, intent: &str) -> Result<(), Refusal> {
        let intent = self.payment_intents.get(intent)?;
        if intent.payment_method.is_some() {
            return Ok(());
        }
        let (id, method, customer) = (intent.id.clone(), intent.method, intent.customer.clone());
        let made = self.add_payment_method(method, Fate::Succeeds, customer);
        self.payment_intents.get_mut(&id)?.payment_method = Some(made);
        Ok(())
    }
}
