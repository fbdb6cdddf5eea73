//! The items of a living subscription: another price, another quantity, one more or
//! one less.

use crate::billing::{ItemChange, Outcome, Proration};
use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::World;

impl FakeStripe {
    /// The first item gets another price; the difference is for the next invoice.
    ///
    /// # Errors
    /// Where the subscription or the price is missing.
    pub async fn change_price(&self, subscription: &str, price: &str) -> Result<(), Refusal> {
        self.change_price_with(subscription, price, Proration::Later)
            .await
            .map(drop)
    }

    /// The first item gets another price, and the difference is collected at once.
    /// Gives its invoice, where anything is due.
    ///
    /// # Errors
    /// Where the subscription or the price is missing.
    pub async fn change_price_now(
        &self,
        subscription: &str,
        price: &str,
        payment: Outcome,
    ) -> Result<Option<String>, Refusal> {
        self.change_price_with(subscription, price, Proration::Now(payment))
            .await
    }

    /// The first item gets another price. Gives the invoice of the difference, where
    /// that is billed at once.
    ///
    /// # Errors
    /// Where the subscription or the price is missing.
    pub async fn change_price_with(
        &self,
        subscription: &str,
        price: &str,
        proration: Proration,
    ) -> Result<Option<String>, Refusal> {
        self.act(|world| {
            let change = world.change_of_first(subscription, Some(price), None)?;
            world.revise(subscription, &[change], proration)
        })
        .await
    }

    /// Another item comes to a living subscription. Gives it.
    ///
    /// # Errors
    /// Where the subscription or the price is missing.
    pub async fn add_item(
        &self,
        subscription: &str,
        price: &str,
        quantity: i64,
        proration: Proration,
    ) -> Result<String, Refusal> {
        self.act(|world| {
            let come = ItemChange {
                price: Some(price.to_owned()),
                quantity: Some(quantity),
                ..ItemChange::default()
            };
            world.revise(subscription, &[come], proration)?;
            world.last_item(subscription)
        })
        .await
    }

    /// The item of this price is removed from a living subscription.
    ///
    /// # Errors
    /// Where the subscription has no such item, or no other.
    pub async fn remove_item(
        &self,
        subscription: &str,
        price: &str,
        proration: Proration,
    ) -> Result<(), Refusal> {
        self.act(|world| {
            let items = &world.subscriptions.get(subscription)?.items;
            let item = items.iter().find(|item| item.price == price);
            let item = item.ok_or_else(|| Refusal::Missing {
                object: "subscription_item",
                id: price.to_owned(),
            })?;
            let gone = ItemChange {
                item: Some(item.id.clone()),
                deleted: true,
                ..ItemChange::default()
            };
            world.revise(subscription, &[gone], proration).map(drop)
        })
        .await
    }

    /// The first item gets another quantity; the difference is for the next invoice.
    ///
    /// # Errors
    /// Where the subscription is missing.
    pub async fn change_quantity(&self, subscription: &str, quantity: i64) -> Result<(), Refusal> {
        self.act(|world| {
            let change = world.change_of_first(subscription, None, Some(quantity))?;
            world.revise(subscription, &[change], Proration::Later)
        })
        .await
        .map(drop)
    }

    /// The first item goes and a new one comes, in one update. Gives the new item.
    ///
    /// # Errors
    /// Where the subscription or the price is missing.
    pub async fn replace_item(&self, subscription: &str, price: &str) -> Result<String, Refusal> {
        self.act(|world| {
            let gone = world.change_of_first(subscription, None, None)?;
            let gone = ItemChange {
                deleted: true,
                ..gone
            };
            let come = ItemChange {
                price: Some(price.to_owned()),
                ..ItemChange::default()
            };
            world.revise(subscription, &[come, gone], Proration::Later)?;
            world.last_item(subscription)
        })
        .await
    }
}

impl World {
    fn last_item(&self, subscription: &str) -> Result<String, Refusal> {
        let items = &self.subscriptions.get(subscription)?.items;
        Ok(items.last().map(|item| item.id.clone()).unwrap_or_default())
    }

    fn change_of_first(
        &self,
        subscription: &str,
        price: Option<&str>,
        quantity: Option<i64>,
    ) -> Result<ItemChange, Refusal> {
        let first = self.subscriptions.get(subscription)?.items.first();
        let item = first.map(|item| item.id.clone());
        Ok(ItemChange {
            item,
            price: price.map(str::to_owned),
            quantity,
            deleted: false,
        })
    }
}
