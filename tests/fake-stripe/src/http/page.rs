//! Pages of a list: newest first, by cursor.

use std::cmp::Reverse;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::state::{Stored, World};

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

/// What every list takes.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Paging {
    limit: Option<usize>,
    starting_after: Option<String>,
    ending_before: Option<String>,
    created: Option<Created>,
    /// What to expand in each object of the page.
    pub(super) expand: Vec<String>,
}

/// A range of creation times.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Created {
    gt: Option<i64>,
    gte: Option<i64>,
    lt: Option<i64>,
    lte: Option<i64>,
}

impl Created {
    fn holds(&self, at: i64) -> bool {
        self.gt.is_none_or(|it| at > it)
            && self.gte.is_none_or(|it| at >= it)
            && self.lt.is_none_or(|it| at < it)
            && self.lte.is_none_or(|it| at <= it)
    }
}

impl Paging {
    pub(super) const NAMES: [&'static str; 5] = [
        "limit",
        "starting_after",
        "ending_before",
        "created",
        "expand",
    ];

    /// The page of a table's rows that `keep` wants.
    pub(super) fn list<T: Stored>(
        &self,
        world: &World,
        url: &str,
        keep: impl Fn(&T) -> bool,
    ) -> Result<Value, Refusal> {
        let created = |row: &&T| {
            self.created
                .as_ref()
                .is_none_or(|it| it.holds(row.created()))
        };
        let mut rows: Vec<&T> = T::table(world)
            .newest_first()
            .filter(|row| keep(row))
            .filter(created)
            .filter(|row| !world.hidden.contains(row.id()))
            .collect();
        // What is dated ahead comes first, whenever it was made.
        rows.sort_by_key(|row| Reverse(row.created()));
        // A cursor need not be in the list itself, but it must exist.
        for cursor in [&self.starting_after, &self.ending_before]
            .into_iter()
            .flatten()
        {
            T::table(world).get(cursor)?;
        }
        let rendered = rows.iter().map(|row| (row.id(), *row));
        let (page, has_more) = self.cut(&rendered.collect::<Vec<_>>())?;
        let data = page.into_iter().map(|row| row.render(world)).collect();
        Ok(finish(url, data, has_more))
    }

    /// The page of members that an object has.
    pub(super) fn members(&self, url: &str, members: &[Value]) -> Result<Value, Refusal> {
        let id = |it: &Value| {
            it.get("id")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let ids: Vec<String> = members.iter().map(id).collect();
        let rows: Vec<(&str, &Value)> = ids.iter().map(String::as_str).zip(members).collect();
        let (page, has_more) = self.cut(&rows)?;
        Ok(finish(url, page.into_iter().cloned().collect(), has_more))
    }

    fn cut<T: Copy>(&self, rows: &[(&str, T)]) -> Result<(Vec<T>, bool), Refusal> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let problem = "must be between 1 and 100";
            return Err(Refusal::InvalidParameter {
                param: "limit",
                problem,
            });
        }
        let at = |cursor: &Option<String>| {
            let cursor = cursor.as_deref()?;
            rows.iter().position(|(id, _)| *id == cursor)
        };
        let rows = rows.iter().map(|(_, row)| *row);
        // Going back, the page is the one right before the cursor.
        if let Some(end) = at(&self.ending_before) {
            let skipped = end.saturating_sub(limit);
            return Ok((
                rows.skip(skipped).take(end - skipped).collect(),
                skipped > 0,
            ));
        }
        let mut rest = rows.skip(at(&self.starting_after).map_or(0, |cursor| cursor + 1));
        let page: Vec<T> = rest.by_ref().take(limit).collect();
        Ok((page, rest.next().is_some()))
    }
}

fn finish(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({ "object": "list", "data": Value::Array(data), "has_more": has_more, "url": url })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [(&str, u8); 5] = [("e", 5), ("d", 4), ("c", 3), ("b", 2), ("a", 1)];

    fn page(limit: usize, after: Option<&str>, before: Option<&str>) -> (Vec<u8>, bool) {
        let paging = Paging {
            limit: Some(limit),
            starting_after: after.map(str::to_owned),
            ending_before: before.map(str::to_owned),
            ..Paging::default()
        };
        paging.cut(&ROWS).unwrap()
    }

    #[test]
    fn cursors_go_forth_and_back() {
        assert_eq!(page(2, None, None), (vec![5, 4], true));
        assert_eq!(page(2, Some("d"), None), (vec![3, 2], true));
        assert_eq!(page(2, Some("b"), None), (vec![1], false));
        assert_eq!(page(2, None, Some("b")), (vec![4, 3], true));
        assert_eq!(page(2, None, Some("d")), (vec![5], false));
    }
}
