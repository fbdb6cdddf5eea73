//! Objects of one kind, by id and in the order of their creation.

use std::collections::BTreeMap;

use serde_json::Value;

use super::World;
use crate::refusal::Refusal;

/// What the API shows: an object with an id.
pub(crate) trait Resource {
    /// The `object` member.
    const KIND: &'static str;

    fn id(&self) -> &str;

    fn created(&self) -> i64;

    /// The object as JSON, in the shape of the newest API version.
    fn render(&self, world: &World) -> Value;
}

pub(crate) struct Table<T> {
    rows: BTreeMap<String, T>,
    order: Vec<String>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            order: Vec::new(),
        }
    }
}

impl<T: Resource> Table<T> {
    pub(crate) fn insert(&mut self, row: T) {
        let id = row.id().to_owned();
        if self.rows.insert(id.clone(), row).is_none() {
            self.order.push(id);
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> Result<T, Refusal> {
        self.order.retain(|it| it != id);
        self.rows.remove(id).ok_or_else(|| missing::<T>(id))
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Result<&mut T, Refusal> {
        self.rows.get_mut(id).ok_or_else(|| missing::<T>(id))
    }

    pub(crate) fn get(&self, id: &str) -> Result<&T, Refusal> {
        self.rows.get(id).ok_or_else(|| missing::<T>(id))
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn oldest_first(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.order.iter().filter_map(|id| self.rows.get(id))
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &T> {
        self.oldest_first().rev()
    }
}

fn missing<T: Resource>(id: &str) -> Refusal {
    Refusal::Missing {
        object: T::KIND,
        id: id.to_owned(),
    }
}
