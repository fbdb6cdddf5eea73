//! The queue of deliveries. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use super::chaos::{Chaos, Route};
use super::log::Log;
use crate::odds::Chance;

/// An event on its way to an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) event: String,
    pub(crate) endpoint: String,
    pub(crate) attempts: u32,
    pub(crate) phase: Phase,
    rank: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// To be sent as soon as the endpoint's lane is free.
    Due,
    InFlight,
    /// Sets out late.
    Delayed,
    /// Failed; to be sent again after a pause.
    Waiting,
}

/// What is on its way to one endpoint.
#[derive(Default)]
struct Lane {
    /// By rank, then by age.
    due: BTreeSet<(u64, u64)>,
    in_flight: usize,
}

pub(crate) struct Post {
    chaos: Chaos,
    chance: Chance,
    /// Parcels that are yet to be put off, and by how much.
    late: Vec<(u64, Duration)>,
    lost: Vec<String>,
    parcels: BTreeMap<u64, Parcel>,
    lanes: BTreeMap<String, Lane>,
    pub(crate) log: Log,
    next: u64,
    held: bool,
    closed: bool,
}

impl Post {
    pub(crate) fn new(chance: Chance) -> Self {
        Self {
            chaos: Chaos::none(),
            chance,
            late: Vec::new(),
            lost: Vec::new(),
            parcels: BTreeMap::new(),
            lanes: BTreeMap::new(),
            log: Log::default(),
            next: 0,
            held: false,
            closed: false,
        }
    }

    pub(crate) fn set_chaos(&mut self, chaos: Chaos) {
        self.chaos = chaos;
    }

    /// Sends an event on its way, with all that may go wrong there.
    pub(crate) fn entrust(&mut self, event: &str, endpoint: &str) {
        if self.chaos.loses(&mut self.chance) {
            self.lost.push(event.to_owned());
            return;
        }
        let twice = self.chaos.doubles(&mut self.chance);
        for _ in 0..if twice { 2 } else { 1 } {
            let route = self.chaos.route(self.next, &mut self.chance);
            self.put(event, endpoint, route);
        }
    }

    /// Sends an event on its way, and nothing goes wrong there.
    pub(crate) fn enqueue(&mut self, event: &str, endpoint: &str) {
        let (rank, delay) = (self.next, None);
        self.put(event, endpoint, Route { rank, delay });
    }

    fn put(&mut self, event: &str, endpoint: &str, route: Route) {
        if self.closed {
            return;
        }
        let id = self.next;
        self.next += 1;
        let phase = match route.delay {
            None => {
                self.lane(endpoint).due.insert((route.rank, id));
                Phase::Due
            }
            Some(delay) => {
                self.late.push((id, delay));
                Phase::Delayed
            }
        };
        let parcel = Parcel {
            event: event.to_owned(),
            endpoint: endpoint.to_owned(),
            attempts: 0,
            phase,
            rank: route.rank,
        };
        self.parcels.insert(id, parcel);
    }

    /// Takes what has to be put off, and by how much.
    pub(crate) fn take_late(&mut self) -> Vec<(u64, Duration)> {
        std::mem::take(&mut self.late)
    }

    /// The events that were lost on their way to an endpoint, oldest first.
    pub(crate) fn lost(&self) -> &[String] {
        &self.lost
    }

    /// Takes what may be sent now: nothing while deliveries are held, and no
    /// more than `limit` at once to one endpoint. The oldest goes first.
    pub(crate) fn take_due(&mut self, limit: usize) -> Vec<u64> {
        let mut taken = Vec::new();
        if self.held {
            return taken;
        }
        for lane in self.lanes.values_mut() {
            while lane.in_flight < limit
                && let Some((_, id)) = lane.due.pop_first()
            {
                lane.in_flight += 1;
                taken.push(id);
            }
        }
        for id in &taken {
            if let Some(parcel) = self.parcels.get_mut(id) {
                parcel.phase = Phase::InFlight;
            }
        }
        taken
    }

    pub(crate) fn parcel(&self, id: u64) -> Option<&Parcel> {
        self.parcels.get(&id)
    }

    /// A parcel has landed and is no longer queued: it has arrived, or there is
    /// no hope.
    pub(crate) fn discard(&mut self, id: u64) {
        if let Some(parcel) = self.parcels.remove(&id) {
            self.land(&parcel.endpoint);
        }
    }

    /// A parcel has failed and waits for its next try.
    pub(crate) fn postpone(&mut self, id: u64) {
        if let Some(parcel) = self.parcels.get_mut(&id) {
            parcel.attempts += 1;
            parcel.phase = Phase::Waiting;
            let endpoint = parcel.endpoint.clone();
            self.land(&endpoint);
        }
    }

    /// The pause of a parcel is over.
    pub(crate) fn resume(&mut self, id: u64) {
        if let Some(parcel) = self.parcels.get_mut(&id) {
            parcel.phase = Phase::Due;
            let (endpoint, rank) = (parcel.endpoint.clone(), parcel.rank);
            self.lane(&endpoint).due.insert((rank, id));
        }
    }

    pub(crate) fn hold(&mut self) {
        self.held = true;
    }

    pub(crate) fn release(&mut self) {
        self.held = false;
    }

    /// Forgets the queue and takes nothing more.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.parcels.clear();
        self.lanes.clear();
    }

    /// The events that wait to be sent, oldest first, each once.
    pub(crate) fn pending(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let events = self.parcels.values().map(|parcel| &parcel.event);
        events
            .filter(|event| seen.insert(*event))
            .cloned()
            .collect()
    }

    /// Takes an event off the queue, for one endpoint or for all.
    pub(crate) fn drop_event(&mut self, event: &str, endpoint: Option<&str>) {
        let lanes = &mut self.lanes;
        self.parcels.retain(|id, parcel| {
            let flies = parcel.phase == Phase::InFlight;
            let other = endpoint.is_some_and(|endpoint| parcel.endpoint != endpoint);
            if flies || other || parcel.event != event {
                return true;
            }
            if let Some(lane) = lanes.get_mut(&parcel.endpoint) {
                lane.due.remove(&(parcel.rank, *id));
            }
            false
        });
    }

    /// The number of the next parcel.
    pub(crate) fn mark(&self) -> u64 {
        self.next
    }

    /// Whether each of these parcels has been tried once, or is held back.
    pub(crate) fn tried(&self, range: Range<u64>) -> bool {
        self.parcels
            .range(range)
            .all(|(_, parcel)| match parcel.phase {
                Phase::Due => parcel.attempts > 0 || self.held,
                Phase::InFlight => parcel.attempts > 0,
                Phase::Delayed | Phase::Waiting => true,
            })
    }

    /// Whether nothing is in flight, due or late.
    pub(crate) fn is_settled(&self) -> bool {
        let late = |it: &Parcel| it.phase == Phase::Delayed;
        if self.parcels.values().any(late) {
            return false;
        }
        let idle = |lane: &Lane| lane.in_flight == 0 && (self.held || lane.due.is_empty());
        self.lanes.values().all(idle)
    }

    fn lane(&mut self, endpoint: &str) -> &mut Lane {
        self.lanes.entry(endpoint.to_owned()).or_default()
    }

    fn land(&mut self, endpoint: &str) {
        let lane = self.lane(endpoint);
        lane.in_flight = lane.in_flight.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_carries_one_at_a_time_and_another_endpoint_has_its_own() {
        let mut post = Post::new(Chance::new(Some(1)));
        post.enqueue("evt_1", "we_1");
        post.enqueue("evt_1", "we_2");
        post.enqueue("evt_2", "we_1");
        assert_eq!(post.take_due(1), [0, 1]);
        assert_eq!(post.take_due(1), [0; 0]);
        post.discard(0);
        assert_eq!(post.take_due(1), [2]);
    }

    #[test]
    fn a_waiting_parcel_is_settled_until_its_pause_is_over() {
        let mut post = Post::new(Chance::new(Some(1)));
        post.enqueue("evt_1", "we_1");
        let taken = post.take_due(1);
        assert!(!post.is_settled() && !post.tried(0..1));
        post.postpone(taken[0]);
        assert!(post.is_settled() && post.tried(0..1));
        post.resume(taken[0]);
        assert!(!post.is_settled() && post.tried(0..1));
    }

    #[test]
    fn what_is_held_stays_until_it_is_released_or_dropped() {
        let mut post = Post::new(Chance::new(Some(1)));
        post.hold();
        post.enqueue("evt_1", "we_1");
        post.enqueue("evt_2", "we_1");
        assert!(post.take_due(1).is_empty() && post.is_settled());
        post.drop_event("evt_1", None);
        assert_eq!(post.pending(), ["evt_2"]);
        post.release();
        assert_eq!(post.take_due(9), [1]);
    }
}
