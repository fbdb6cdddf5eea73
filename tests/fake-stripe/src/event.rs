//! The log of what happened: each event holds its object as it was then, and
//! goes to every endpoint that wants its type.

use serde_json::{Map, Value, json};

use crate::refusal::Refusal;
use crate::state::{Resource, Stored, World};
use crate::version::Shape;

/// The API request that caused an event; none when time or the dashboard did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    pub(crate) request: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// Its type, such as `invoice.paid`.
    pub kind: &'static str,
    /// When it happened, in Unix seconds.
    pub created: i64,
    /// The object, as it was then, in the shape of the newest version.
    pub object: Value,
    /// What the object's changed members were before, for events of a change.
    pub previous_attributes: Option<Value>,
    pub(crate) earlier: Snapshot,
    pub(crate) pending_webhooks: usize,
    pub(crate) cause: Cause,
}

/// What an event tells, in the shape of the versions before 2025-03-31. It is kept
/// because it names payments as they were then.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    object: Value,
    previous_attributes: Option<Value>,
}

/// An object in both shapes.
struct Views {
    present: Value,
    earlier: Value,
}

impl Event {
    /// The event as an endpoint of this version gets it.
    pub(crate) fn render_as(&self, world: &World, version: &str) -> Value {
        let (object, previous) = match Shape::of(version) {
            Shape::Present => (&self.object, &self.previous_attributes),
            Shape::BeforeBasil => (&self.earlier.object, &self.earlier.previous_attributes),
        };
        let mut data = Map::new();
        data.insert("object".to_owned(), object.clone());
        if let Some(previous) = previous {
            data.insert("previous_attributes".to_owned(), previous.clone());
        }
        json!({
            "id": self.id,
            "object": Self::KIND,
            "api_version": version,
            "created": self.created,
            "data": data,
            "livemode": world.livemode,
            "pending_webhooks": self.pending_webhooks,
            "request": {
                "id": self.cause.request,
                "idempotency_key": self.cause.idempotency_key,
            },
            "type": self.kind,
        })
    }
}

impl Resource for Event {
    const KIND: &'static str = "event";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        self.render_as(world, &world.api_version)
    }
}

impl World {
    /// Records an event about an object as it is now.
    pub(crate) fn tell<T: Stored>(&mut self, kind: &'static str, id: &str) -> Result<(), Refusal> {
        let object = self.show::<T>(id)?;
        self.emit(kind, object);
        Ok(())
    }

    /// Changes an object and records the event of it, with what was before.
    pub(crate) fn change<T: Stored>(
        &mut self,
        kind: &'static str,
        id: &str,
        change: impl FnOnce(&mut T),
    ) -> Result<(), Refusal> {
        let before = self.views(self.show::<T>(id)?);
        change(T::table_mut(self).get_mut(id)?);
        let after = self.views(self.show::<T>(id)?);
        self.record(kind, after, Some(&before));
        Ok(())
    }

    /// Records an event about an object that may be gone.
    pub(crate) fn emit(&mut self, kind: &'static str, object: Value) {
        let now = self.views(object);
        self.record(kind, now, None);
    }

    fn views(&self, present: Value) -> Views {
        let mut earlier = present.clone();
        Shape::BeforeBasil.apply(self, &mut earlier);
        Views { present, earlier }
    }

    fn record(&mut self, kind: &'static str, now: Views, before: Option<&Views>) {
        let id = self.ids.next("evt_");
        let wanting: Vec<String> = self
            .endpoints
            .oldest_first()
            .filter(|endpoint| endpoint.wants(kind))
            .map(|endpoint| endpoint.id.clone())
            .collect();
        let previous = before.map(|it| previous_attributes(&it.present, &now.present));
        let earlier = Snapshot {
            previous_attributes: before.map(|it| previous_attributes(&it.earlier, &now.earlier)),
            object: now.earlier,
        };
        self.events.insert(Event {
            id: id.clone(),
            kind,
            created: self.now(),
            object: now.present,
            previous_attributes: previous,
            earlier,
            pending_webhooks: wanting.len(),
            cause: self.cause.clone(),
        });
        for endpoint in wanting {
            self.post.entrust(&id, &endpoint);
        }
    }
}

/// What the members that differ were before. Objects are compared member by
/// member, lists as a whole; a member that is new was `null`.
fn previous_attributes(before: &Value, after: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        return before.clone();
    };
    let mut previous = Map::new();
    for (name, now) in after {
        let was = before.get(name).unwrap_or(&Value::Null);
        if was == now {
            continue;
        }
        let was = match (was, now) {
            (Value::Object(_), Value::Object(_)) => previous_attributes(was, now),
            _ => was.clone(),
        };
        previous.insert(name.clone(), was);
    }
    Value::Object(previous)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previous_attributes_hold_only_what_changed() {
        let before = json!({ "status": "active", "details": { "reason": null, "by": 1 }, "n": 1 });
        let after = json!({ "status": "canceled", "details": { "reason": "x", "by": 1 }, "n": 1 });
        let previous = previous_attributes(&before, &after);
        assert_eq!(
            previous,
            json!({ "status": "active", "details": { "reason": null } })
        );
    }
}
