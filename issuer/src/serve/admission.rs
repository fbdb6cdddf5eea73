//! Which connections are open. There are never more than the bounds allow: a new one takes
//! the place of one that keeps the server waiting, first of the address that has most.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::activity::Activity;

/// How many connections may be open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// In all.
    pub(super) total: usize,
    /// Of one address.
    pub(super) per_address: usize,
}

/// The connections that are open.
#[derive(Debug, Clone)]
pub(super) struct Admission {
    bounds: Bounds,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: BTreeMap<u64, Connection>,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Connection {
    address: IpAddr,
    activity: Activity,
    evicted: Arc<Notify>,
}

/// The place of one connection; free again once this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    admission: Admission,
    id: u64,
    /// What the connection is doing.
    pub(super) activity: Activity,
    evicted: Arc<Notify>,
}

impl Admission {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            open: Arc::default(),
        }
    }

    /// A place for a connection of that peer; `None` where every place is taken by a request
    /// that is being answered.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Place> {
        let address = network(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.by_address.get(&address).copied().unwrap_or_default();
        if own >= self.bounds.per_address {
            open.evict(Some(address))?;
        } else if open.all.len() >= self.bounds.total {
            open.evict(None)?;
        }
        let id = open.next;
        open.next = open.next.wrapping_add(1);
        let (activity, evicted) = (Activity::new(), Arc::new(Notify::new()));
        let connection = Connection {
            address,
            activity: activity.clone(),
            evicted: Arc::clone(&evicted),
        };
        open.all.insert(id, connection);
        *open.by_address.entry(address).or_default() += 1;
        Some(Place {
            admission: self.clone(),
            id,
            activity,
            evicted,
        })
    }

    /// How many connections are open.
    pub(super) fn count(&self) -> usize {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all.len()
    }
}

impl Open {
    /// Gives up the connection that has kept the server waiting for longest, of that address
    /// or of the one that has most.
    fn evict(&mut self, address: Option<IpAddr>) -> Option<()> {
        let of = |connection: &Connection| {
            let since = connection.activity.waiting_since()?;
            let most = self.by_address.get(&connection.address).copied();
            Some((std::cmp::Reverse(most), since))
        };
        let waiting = self
            .all
            .iter()
            .filter(|(_, connection)| address.is_none_or(|address| connection.address == address));
        let waiting = waiting.filter_map(|(id, connection)| Some((of(connection)?, *id)));
        let (_, id) = waiting.min()?;
        if let Some(connection) = self.remove(id) {
            connection.evicted.notify_one();
        }
        Some(())
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let connection = self.all.remove(&id)?;
        if let Some(count) = self.by_address.get_mut(&connection.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_address.remove(&connection.address);
            }
        }
        Some(connection)
    }
}

impl Place {
    /// Returns once another connection has taken this place.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self
            .admission
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.remove(self.id);
    }
}

/// What counts as one address: an IPv4 address, or the /64 that an IPv6 host has to itself.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & (u128::MAX << 64);
            Ipv6Addr::from_bits(prefix).into()
        }
    }
}
