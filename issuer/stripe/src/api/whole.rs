//! Completes what a reply carries only in part: a list inside an object ends after
//! ten elements (<https://docs.stripe.com/api/pagination>).

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::transport::Answer;
use super::{Api, ApiError};

/// More pages than that are not asked for: ten thousand elements.
const MAX_PAGES: usize = 100;

/// The lists that facts are read from: in which kind of object, under which name, and
/// where all of it is.
const LISTS: [(&str, &str, Whole); 5] = [
    ("subscription", "items", |id| {
        (
            "/subscription_items".to_owned(),
            format!("subscription={id}&"),
        )
    }),
    ("invoice", "lines", |id| {
        (format!("/invoices/{id}/lines"), String::new())
    }),
    ("invoice", "payments", |id| {
        ("/invoice_payments".to_owned(), format!("invoice={id}&"))
    }),
    ("checkout.session", "line_items", |id| {
        (format!("/checkout/sessions/{id}/line_items"), String::new())
    }),
    ("charge", "refunds", |id| {
        ("/refunds".to_owned(), format!("charge={id}&"))
    }),
];

/// The path and the query under which the whole list is, by its owner's identifier.
type Whole = fn(&str) -> (String, String);

impl Api {
    /// Asks, and then for the rest of every list that the reply cuts short.
    pub(super) async fn ask_whole(&self, request: RequestBuilder) -> Result<Answer, ApiError> {
        let mut answer = self.0.ask(request).await?;
        self.complete(&mut answer.body).await?;
        Ok(answer)
    }

    /// Asks for the rest of every list that a reply cuts short.
    pub(super) fn complete<'a>(
        &'a self,
        value: &'a mut Value,
    ) -> Pin<Box<dyn Future<Output = Result<(), ApiError>> + Send + 'a>> {
        Box::pin(async move {
            let kind = value
                .get("object")
                .and_then(Value::as_str)
                .map(str::to_owned);
            let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
            for (owner, name, whole) in LISTS {
                let (Some(id), true) = (&id, kind.as_deref() == Some(owner)) else {
                    continue;
                };
                if let Some(list) = value.get_mut(name).filter(|it| is_cut(it)) {
                    *list = self.everything(whole(id)).await?;
                }
            }
            match value {
                Value::Object(members) => {
                    for member in members.values_mut() {
                        self.complete(member).await?;
                    }
                }
                Value::Array(elements) => {
                    for element in elements {
                        self.complete(element).await?;
                    }
                }
                _ => {}
            }
            Ok(())
        })
    }

    async fn everything(&self, (path, query): (String, String)) -> Result<Value, ApiError> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MAX_PAGES {
            let mut request = RequestBuilder::new(StripeMethod::Get, path.clone());
            request.query = Some(format!("{query}limit=100{cursor}"));
            let mut page = self.0.ask(request).await?.body;
            let more = is_cut(&page);
            let data = page.get_mut("data").map(Value::take);
            let Some(Value::Array(data)) = data else {
                return Err(ApiError::Unreadable(None));
            };
            let last = data
                .last()
                .and_then(|it| it.get("id"))
                .and_then(Value::as_str);
            let next = last.map(|it| format!("&starting_after={it}"));
            all.extend(data);
            match next {
                Some(next) if more => cursor = next,
                _ => break,
            }
        }
        Ok(serde_json::json!({ "object": "list", "data": all, "has_more": false }))
    }
}

fn is_cut(list: &Value) -> bool {
    list.get("has_more").and_then(Value::as_bool) == Some(true)
}
