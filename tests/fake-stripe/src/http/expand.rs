//! `expand[]`: an id becomes the object it names, and members that are left out
//! by default are put in.

use serde_json::Value;

use crate::refusal::Refusal;
use crate::state::{Resource, Session, World, list};
use crate::version::Shape;

/// Expands each of the dotted paths, such as `data.payments` or
/// `latest_invoice.payments`.
pub(super) fn expand(
    world: &World,
    value: &mut Value,
    paths: &[String],
    shape: Shape,
) -> Result<(), Refusal> {
    for path in paths {
        let names: Vec<&str> = path.split('.').collect();
        if !walk(world, value, &names, shape) {
            return Err(Refusal::NotExpandable { path: path.clone() });
        }
    }
    Ok(())
}

fn walk(world: &World, value: &mut Value, path: &[&str], shape: Shape) -> bool {
    let Some((name, rest)) = path.split_first() else {
        return true;
    };
    if let Value::Array(elements) = value {
        return elements
            .iter_mut()
            .all(|element| walk(world, element, path, shape));
    }
    if value.get(name).is_none() {
        let Some(mut member) = left_out(world, value, name) else {
            return false;
        };
        shape.apply(world, &mut member);
        value[*name] = member;
    }
    let Some(member) = value.get_mut(*name) else {
        return false;
    };
    match member {
        Value::Null => true,
        Value::String(id) => {
            let Some(mut object) = world.find(id) else {
                return false;
            };
            shape.apply(world, &mut object);
            *member = object;
            walk(world, member, rest, shape)
        }
        Value::Object(_) | Value::Array(_) => walk(world, member, rest, shape),
        _ => false,
    }
}

fn left_out(world: &World, value: &Value, name: &str) -> Option<Value> {
    let kind = value.get("object")?.as_str()?;
    let id = value.get("id")?.as_str()?;
    match (kind, name) {
        (Session::KIND, "line_items") => {
            Some(world.sessions.get(id).ok()?.render_line_items(world))
        }
        ("invoice", "payments") => {
            let payments = world
                .invoice_payments
                .newest_first()
                .filter(|it| it.invoice == id);
            let payments = payments.map(|it| it.render(world)).collect();
            Some(list(
                &format!("/v1/invoice_payments?invoice={id}"),
                payments,
            ))
        }
        ("charge", "refunds") => {
            let refunds = world.refunds.newest_first().filter(|it| it.charge == id);
            let refunds = refunds.map(|it| it.render(world)).collect();
            Some(list(&format!("/v1/charges/{id}/refunds"), refunds))
        }
        ("customer", "subscriptions") => {
            let subscriptions = world
                .subscriptions
                .newest_first()
                .filter(|it| it.customer == id);
            let running = subscriptions.filter(|it| !it.status.is_over());
            let running = running.map(|it| it.render(world)).collect();
            Some(list(&format!("/v1/customers/{id}/subscriptions"), running))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_there_expands() {
        let world = crate::state::World::new(
            String::new(),
            false,
            crate::clock::Time::new(std::sync::Arc::new(|| 0)),
            crate::id::Ids::new(Some(1)),
            Some(1),
        );
        let mut value = json!({ "id": "x", "object": "list", "customer": null, "amount": 1 });
        let customer = ["customer".to_owned()];
        assert_eq!(
            expand(&world, &mut value, &customer, Shape::Present),
            Ok(())
        );
        for path in ["amount", "nothing"] {
            let refusal = Refusal::NotExpandable {
                path: path.to_owned(),
            };
            let expanded = expand(&world, &mut value, &[path.to_owned()], Shape::Present);
            assert_eq!(expanded, Err(refusal));
        }
    }
}
