//! The keys that the API accepts: the account's secret key, and restricted ones.

use std::collections::BTreeMap;

use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::World;

/// Restricted keys, each with the resources that it may not touch.
pub(crate) type RestrictedKeys = BTreeMap<String, Vec<String>>;

impl FakeStripe {
    /// Makes a restricted key that may do everything but touch these resources, named
    /// as in paths: `account`, `events`, `checkout/sessions`. Gives the key.
    pub fn add_restricted_key(&self, forbidden: &[&str]) -> String {
        self.change(|world| {
            let prefix = match world.livemode {
                true => "rk_live_",
                false => "rk_test_",
            };
            let key = world.ids.secret(prefix);
            let forbidden = forbidden.iter().map(|&it| it.to_owned()).collect();
            world.restricted_keys.insert(key.clone(), forbidden);
            key
        })
    }

    /// Takes a restricted key back: from now on the API does not know it.
    pub fn revoke_restricted_key(&self, key: &str) {
        self.change(|world| world.restricted_keys.remove(key));
    }

    /// Whether whoever presents `key` may use `path`.
    pub(crate) fn admit(&self, key: Option<&str>, path: &str) -> Result<(), Refusal> {
        match key {
            Some(key) if key == self.api_key() => Ok(()),
            Some(key) => self.look(|world| world.admit_restricted(key, path)),
            None => Err(Refusal::Unauthorized),
        }
    }
}

impl World {
    fn admit_restricted(&self, key: &str, path: &str) -> Result<(), Refusal> {
        let forbidden = self.restricted_keys.get(key).ok_or(Refusal::Unauthorized)?;
        let path = path.trim_start_matches("/v1").trim_start_matches('/');
        let touches = |resource: &&String| {
            let rest = path.strip_prefix(resource.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match forbidden.iter().find(touches) {
            None => Ok(()),
            Some(resource) => Err(Refusal::Forbidden {
                account: self.account.clone(),
                permission: format!("rak_{}_read", resource.replace('/', "_")),
            }),
        }
    }
}
