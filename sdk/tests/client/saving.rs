//! What is written down, and in which order: nothing older over something newer, nothing
//! lost that could be written later.

use std::any::Any;
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use paidup::{Code, Event, FileStore, Loaded, MemoryStore, Status, Store, Unsaved, blocking};

use crate::files::Disk;
use crate::server::Server;
use crate::{KEY, NOW, app};

#[test]
fn where_the_state_takes_nothing_the_witness_does_not_testify_against_it() {
    let disk = Disk::activated();
    let before = fs::read(disk.witness().join("seen")).unwrap();
    // Nothing can be moved to where a folder is that is not empty.
    let state = disk.state().join("license");
    let aside = disk.state().join("aside");
    fs::rename(&state, &aside).unwrap();
    fs::create_dir_all(state.join("in the way")).unwrap();
    let later = Server::signing(|it| it.iat = NOW.plus(60));
    let client = disk.client(&later.url);
    assert_eq!(client.activate(KEY).unwrap().code(), Code::Valid);
    assert!(client.events().contains(&Event::NotStored));
    assert_eq!(fs::read(disk.witness().join("seen")).unwrap(), before);
    drop(client);
    fs::remove_dir_all(&state).unwrap();
    fs::rename(&aside, &state).unwrap();
    assert_eq!(disk.code(), Code::Valid, "what is there still holds");
}

/// Takes its time for the first text.
struct Slow(FileStore, AtomicBool);

impl Store for Slow {
    fn load(&self) -> Loaded {
        self.0.load()
    }

    fn save(&self, unsaved: &Unsaved) -> io::Result<()> {
        if !self.1.swap(true, Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(300));
        }
        self.0.save(unsaved)
    }

    fn lock(&self) -> Box<dyn Any> {
        self.0.lock()
    }
}

/// Suspends an hour later.
fn suspending() -> Server {
    Server::signing(|it| {
        it.status = Status::Suspended;
        it.iat = NOW.plus(3600);
        it.exp = NOW.plus(3660);
    })
}

fn an_hour_later(url: &str, store: impl Store + 'static) -> blocking::Client {
    let client = app(url).clock(|| NOW.plus(3600)).store(store);
    client.build_blocking().unwrap()
}

#[test]
fn a_slow_disk_does_not_bring_back_what_was_suspended() {
    for by_another_process in [false, true] {
        let disk = Disk::activated();
        let server = suspending();
        let slow = Slow(disk.store(), AtomicBool::new(false));
        let client = an_hour_later(&server.url, slow);
        let other = an_hour_later(&server.url, disk.store());
        let asking = if by_another_process { &other } else { &client };
        std::thread::scope(|scope| {
            // It has a watermark to write down.
            scope.spawn(|| client.check());
            std::thread::sleep(Duration::from_millis(50));
            assert_eq!(asking.refresh().unwrap().code(), Code::Suspended);
        });
        drop((client, other));
        let again = an_hour_later("http://127.0.0.1:1", disk.store());
        assert_eq!(again.check().code(), Code::Suspended);
    }
}

#[test]
fn who_holds_the_lock_for_ever_holds_up_nobody() {
    let disk = Disk::activated();
    let server = suspending();
    let _held = disk.store().lock();
    let client = an_hour_later(&server.url, disk.store());
    assert_eq!(client.refresh().unwrap().code(), Code::Suspended);
    assert!(!client.events().contains(&Event::NotStored));
}

/// Full until somebody makes room.
#[derive(Clone)]
struct Full(Arc<MemoryStore>, Arc<AtomicBool>);

impl Store for Full {
    fn load(&self) -> Loaded {
        self.0.load()
    }

    fn save(&self, unsaved: &Unsaved) -> io::Result<()> {
        match self.1.load(Ordering::SeqCst) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => self.0.save(unsaved),
        }
    }
}

#[test]
fn a_license_is_written_down_when_there_is_room_again() {
    let server = Server::honest();
    let full = Arc::new(AtomicBool::new(true));
    let store = Full(Arc::default(), Arc::clone(&full));
    let client = app(&server.url).store(store.clone()).build_blocking();
    let client = client.unwrap();
    client.activate(KEY).unwrap();
    for _ in 0..3 {
        assert!(client.check().usable());
    }
    let told = client.events();
    let count = told.iter().filter(|it| **it == Event::NotStored).count();
    assert_eq!(count, 1, "told once: {told:?}");
    full.store(false, Ordering::SeqCst);
    client.start_refreshing();
    for _ in 0..200 {
        if store.load().state.is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the license was never written down");
}

#[test]
fn whoever_gives_a_seat_back_has_the_last_word() {
    type End = fn(&blocking::Client);
    let ends: &[(&str, End)] = &[
        ("deactivate", |it| it.deactivate().unwrap()),
        ("forget", blocking::Client::forget),
        ("offline", |it| drop(it.offline_deactivation().unwrap())),
    ];
    for (what, end) in ends {
        let disk = Disk::activated();
        let server = Server::honest();
        let first = disk.client(&server.url);
        let other = disk.client(&server.url);
        other.refresh().unwrap();
        other.refresh().unwrap();
        end(&first);
        assert_eq!(first.check().code(), Code::NoLicense, "{what}");
        assert_eq!(disk.code(), Code::NoLicense, "{what}");
    }
}

#[test]
fn the_time_that_was_seen_is_written_down_by_who_only_asks() {
    let disk = Disk::activated();
    let hours = Arc::new(AtomicI64::new(5));
    let clock = Arc::clone(&hours);
    let client = app("http://127.0.0.1:1")
        .clock(move || NOW.plus(clock.load(Ordering::SeqCst) * 3600))
        .store(disk.store())
        .build_blocking()
        .unwrap();
    assert!(client.check().usable());
    drop(client);
    // The clock is set back by five hours, and that is remembered.
    assert_eq!(disk.code(), Code::ClockRollback);
}
