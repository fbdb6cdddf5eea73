//! What to do about our webhook endpoint: decided from what Stripe lists and what is
//! stored, without asking anybody.

use paidup_stripe::{Endpoint, MAX_ENDPOINTS};

/// For how long an endpoint that was replaced is kept, in seconds: deliveries to it may
/// still be under way.
const KEPT: i64 = 72 * 3600;

/// What we want.
#[derive(Debug, Clone)]
pub(super) struct Wanted<'a> {
    /// Which endpoints are ours.
    pub(super) instance: &'a str,
    pub(super) url: &'a str,
    pub(super) api_version: &'a str,
    pub(super) events: &'a [&'a str],
}

/// An endpoint whose secret we have.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) id: String,
    /// When the first delivery signed with its secret came.
    pub(super) delivered_at: Option<i64>,
}

/// What to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// Endpoints of ours that nobody needs any more.
    pub(super) delete: Vec<String>,
    pub(super) endpoint: Action,
}

/// What to do about the endpoint that events should come by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Action {
    /// There is none that serves: make one.
    #[default]
    Create,
    /// It is as it should be.
    Keep(String),
    /// It was switched off, or sends other events.
    Mend(String),
    /// The account is full of endpoints that are not ours.
    Full,
}

pub(super) fn plan(listed: &[Endpoint], stored: &[Stored], wanted: &Wanted<'_>, now: i64) -> Plan {
    let ours = |it: &&Endpoint| it.instance.as_deref() == Some(wanted.instance);
    let known = |it: &Endpoint| stored.iter().find(|known| known.id == it.id);
    let serves = |it: &&Endpoint| {
        let version = it.api_version.as_deref() == Some(wanted.api_version);
        it.url == wanted.url && version && known(it).is_some()
    };
    let serving = listed.iter().filter(ours).filter(serves);
    let current = serving.max_by_key(|it| (it.created, &it.id));
    let others = || {
        let other = |it: &&Endpoint| current.is_none_or(|current| current.id != it.id);
        listed.iter().filter(ours).filter(other)
    };
    let ids = |endpoints: Vec<&Endpoint>| endpoints.into_iter().map(|it| it.id.clone()).collect();
    let Some(current) = current else {
        let full = listed.len() >= MAX_ENDPOINTS;
        if !full {
            return Plan::default();
        }
        // One without a secret helps nobody; one with a secret is given up unwillingly.
        let mut strays: Vec<&Endpoint> = others().collect();
        strays.sort_by_key(|it| (known(it).is_some(), it.created));
        strays.truncate(1);
        let endpoint = match strays.is_empty() {
            true => Action::Full,
            false => Action::Create,
        };
        return Plan {
            delete: ids(strays),
            endpoint,
        };
    };
    let proven = known(current).is_some_and(|it| it.delivered_at.is_some());
    let old = now.saturating_sub(current.created) >= KEPT;
    let mut events = current.events.clone();
    let mut wanted_events: Vec<&str> = wanted.events.to_vec();
    events.sort();
    wanted_events.sort_unstable();
    let sound = current.enabled && events == wanted_events;
    Plan {
        delete: match proven || old {
            true => ids(others().collect()),
            false => Vec::new(),
        },
        endpoint: match sound {
            true => Action::Keep(current.id.clone()),
            false => Action::Mend(current.id.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;

    fn endpoint(id: &str, instance: Option<&str>) -> Endpoint {
        Endpoint {
            id: id.to_owned(),
            url: "https://licenses.example.com/webhooks/stripe".to_owned(),
            enabled: true,
            api_version: Some("v2".to_owned()),
            events: vec!["b".to_owned(), "a".to_owned()],
            instance: instance.map(str::to_owned),
            created: NOW - 10,
        }
    }

    fn stored(id: &str, delivered_at: Option<i64>) -> Stored {
        Stored {
            id: id.to_owned(),
            delivered_at,
        }
    }

    fn decide(listed: &[Endpoint], stored: &[Stored]) -> Plan {
        let wanted = Wanted {
            instance: "we",
            url: "https://licenses.example.com/webhooks/stripe",
            api_version: "v2",
            events: &["a", "b"],
        };
        plan(listed, stored, &wanted, NOW)
    }

    fn deletes(ids: &[&str], endpoint: Action) -> Plan {
        Plan {
            delete: ids.iter().map(|it| (*it).to_owned()).collect(),
            endpoint,
        }
    }

    fn keep(id: &str) -> Action {
        Action::Keep(id.to_owned())
    }

    #[test]
    fn the_first_time_one_is_made() {
        assert_eq!(decide(&[], &[]), Plan::default());
        let foreign = endpoint("we_1", None);
        let of_another = endpoint("we_2", Some("others"));
        assert_eq!(decide(&[foreign, of_another], &[]), Plan::default());
    }

    #[test]
    fn one_that_serves_is_kept_and_one_that_drifted_is_mended() {
        let ours = endpoint("we_1", Some("we"));
        let known = [stored("we_1", None)];
        let decided = decide(std::slice::from_ref(&ours), &known);
        assert_eq!(decided, deletes(&[], keep("we_1")));
        let disabled = Endpoint {
            enabled: false,
            ..ours.clone()
        };
        let other_events = Endpoint {
            events: vec!["a".to_owned()],
            ..ours
        };
        for drifted in [disabled, other_events] {
            let decided = decide(&[drifted], &known);
            assert_eq!(decided, deletes(&[], Action::Mend("we_1".to_owned())));
        }
    }

    #[test]
    fn one_whose_secret_is_lost_or_that_is_elsewhere_is_replaced_and_stays_for_now() {
        let ours = endpoint("we_1", Some("we"));
        let known = [stored("we_1", Some(NOW))];
        assert_eq!(decide(std::slice::from_ref(&ours), &[]), Plan::default());
        let moved = Endpoint {
            url: "https://old.example.com/webhooks/stripe".to_owned(),
            ..ours.clone()
        };
        assert_eq!(decide(&[moved], &known), Plan::default());
        let earlier = Endpoint {
            api_version: Some("v1".to_owned()),
            ..ours
        };
        assert_eq!(decide(&[earlier], &known), Plan::default());
    }

    #[test]
    fn the_one_before_goes_when_the_new_one_has_delivered_or_three_days_have_passed() {
        let before = Endpoint {
            created: NOW - 100,
            ..endpoint("we_1", Some("we"))
        };
        let after = endpoint("we_2", Some("we"));
        let both = [before.clone(), after.clone(), endpoint("we_3", None)];
        let fresh = [stored("we_1", Some(1)), stored("we_2", None)];
        assert_eq!(decide(&both, &fresh), deletes(&[], keep("we_2")));
        let proven = [stored("we_1", Some(1)), stored("we_2", Some(NOW))];
        assert_eq!(decide(&both, &proven), deletes(&["we_1"], keep("we_2")));
        let created = NOW - KEPT;
        let aged = [
            Endpoint {
                created: created - 1,
                ..before
            },
            Endpoint { created, ..after },
        ];
        assert_eq!(decide(&aged, &fresh), deletes(&["we_1"], keep("we_2")));
    }

    #[test]
    fn a_full_account_gives_up_a_stray_of_ours_and_never_anybody_elses() {
        let mut listed: Vec<Endpoint> = (0..MAX_ENDPOINTS)
            .map(|n| endpoint(&format!("we_{n}"), None))
            .collect();
        assert_eq!(decide(&listed, &[]), deletes(&[], Action::Full));
        let stray = listed.last_mut();
        stray
            .into_iter()
            .for_each(|it| it.instance = Some("we".to_owned()));
        assert_eq!(decide(&listed, &[]), deletes(&["we_15"], Action::Create));
    }
}
