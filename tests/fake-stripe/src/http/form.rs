//! Stripe's form encoding, in which brackets nest: `line_items[0][price]=…`,
//! `metadata[plan]=…`, `expand[]=…`, `created[gte]=…`. In a body or a query.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::Method;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::gate::read_body;
use super::page::Paging;
use crate::refusal::Refusal;

/// The parameters of a request: those of its body, or of its query where it has
/// none. What a handler does not know it ignores.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return decode(&query).map(Self);
        }
        let body = read_body(request.into_body()).await?;
        let body = if body.is_empty() {
            query.into_bytes()
        } else {
            body.to_vec()
        };
        let form = String::from_utf8(body);
        let form = form.map_err(|error| Refusal::Unreadable {
            problem: error.to_string(),
        })?;
        decode(&form).map(Self)
    }
}

/// The parameters of a list. A filter that the fake does not know is refused:
/// ignoring it would answer with objects that were not asked for.
pub(super) struct ListParams<F> {
    pub(super) paging: Paging,
    pub(super) filter: F,
}

impl<F: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ListParams<F> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        let (paging, filter): (Vec<&str>, Vec<&str>) = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .partition(|pair| is_paging(pair));
        Ok(Self {
            paging: decode(&paging.join("&"))?,
            filter: decode(&filter.join("&"))?,
        })
    }
}

fn is_paging(pair: &str) -> bool {
    let end = pair.find(['=', '[', '%']).unwrap_or(pair.len());
    pair.get(..end)
        .is_some_and(|name| Paging::NAMES.contains(&name))
}

/// A list that is filtered by nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unfiltered {}

/// A parameter that is set to something, or to the empty string to unset it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Settable<T> {
    Set(T),
    #[expect(dead_code, reason = "what it holds is always the empty string")]
    Unset(String),
}

fn decode<T: DeserializeOwned>(form: &str) -> Result<T, Refusal> {
    serde_qs::Config::new()
        .max_depth(10)
        .use_form_encoding(true)
        .deserialize_str(form)
        .map_err(|error| Refusal::Unreadable {
            problem: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Form {
        mode: String,
        line_items: Vec<Line>,
        #[serde(default)]
        metadata: BTreeMap<String, String>,
        #[serde(default)]
        expand: Vec<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Line {
        price: String,
        quantity: i64,
    }

    fn expected() -> Form {
        Form {
            mode: "subscription".to_owned(),
            line_items: vec![Line {
                price: "price_a".to_owned(),
                quantity: 2,
            }],
            metadata: [("a b".to_owned(), "ü&=[x]".to_owned())].into(),
            expand: vec!["line_items".to_owned()],
        }
    }

    #[test]
    fn brackets_may_be_plain_or_escaped() {
        let plain = "mode=subscription&line_items[0][price]=price_a&line_items[0][quantity]=2\
                     &metadata[a+b]=%C3%BC%26%3D%5Bx%5D&expand[]=line_items";
        assert_eq!(decode::<Form>(plain), Ok(expected()));
        let escaped = "mode=subscription&line_items%5B0%5D%5Bprice%5D=price_a\
                       &line_items%5B0%5D%5Bquantity%5D=2\
                       &metadata%5Ba%20b%5D=%C3%BC%26%3D%5Bx%5D&expand%5B0%5D=line_items";
        assert_eq!(decode::<Form>(escaped), Ok(expected()));
    }

    #[test]
    fn a_filter_that_is_not_known_is_refused() {
        assert!(decode::<Unfiltered>("").is_ok());
        assert!(decode::<Unfiltered>("customer=cus_1").is_err());
        assert!(is_paging("created%5Bgte%5D=1") && is_paging("limit=3"));
        assert!(!is_paging("customer=cus_1"));
    }
}
