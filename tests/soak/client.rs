//! A customer's machine: its app is opened now and then, often without a network and
//! sometimes with a wrong clock.

use std::fmt;

use paidup::{Answer, Code, Device, Installation, Nonce, Poll, Received, Reply, Setup, UnixTime};
use paidup_tests::{DAY, Failure};
use rand::RngExt as _;
use rand::rngs::StdRng;

use super::YEAR;
use super::issuer::{Issuer, Truth};

const LEASE: i64 = 14 * DAY;

pub(crate) struct Client {
    license: usize,
    setup: Setup,
    state: Option<Vec<u8>>,
    witness: Option<Vec<u8>>,
    /// How far the clock is ahead.
    ahead: i64,
    /// The last contact by true time, and whether the clock was touched since.
    contact: Option<i64>,
    clock_touched: bool,
    ahead_at_contact: i64,
    activated: bool,
    /// How often its user opens the app, in seconds on average.
    habit: i64,
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sessions: u64,
    pub(crate) contacts: u64,
    pub(crate) failed_contacts: u64,
    pub(crate) wrong_clocks: u64,
    pub(crate) yes: u64,
    pub(crate) refused_rightly: u64,
    /// A no to somebody who has paid and was in contact.
    pub(crate) false_refusals: u64,
    /// A yes after what is known to have ended, or after the lease.
    pub(crate) wrong_yes: u64,
    /// A clock that a contact did not heal.
    pub(crate) unhealed: u64,
    pub(crate) first_wrong: Option<String>,
}

impl Client {
    pub(crate) fn install(issuer: &Issuer, n: usize, license: usize) -> Self {
        let name = issuer.stage.issuer().unwrap().app.issuer().to_owned();
        Self {
            license,
            setup: Setup::new(name, "notes")
                .root(issuer.root())
                .fingerprint(format!("machine-{n}"))
                .device(Device::default())
                .test_mode(),
            state: None,
            witness: None,
            ahead: 0,
            contact: None,
            clock_touched: false,
            ahead_at_contact: 0,
            activated: false,
            habit: DAY * [1, 2, 3, 5, 9, 25].get(n % 6).copied().unwrap_or(3),
        }
    }

    pub(crate) fn pause(&self, random: &mut StdRng) -> i64 {
        random.random_range(self.habit / 4..self.habit * 2)
    }

    /// The app is opened, used, and closed.
    pub(crate) async fn session(
        &mut self,
        issuer: &Issuer,
        outage: bool,
        random: &mut StdRng,
        counts: &mut Counts,
    ) -> Result<(), Failure> {
        counts.sessions += 1;
        self.touch_clock(random, counts);
        let now = issuer.now();
        let raw = UnixTime::from_secs(now + self.ahead);
        let (state, witness) = (self.state.as_deref(), self.witness.as_deref());
        let mut app = Installation::load(self.setup.clone(), state, witness);
        if self.activated {
            let answer = app.check(raw);
            self.judge(&answer, issuer, counts);
        }
        let online = !outage && random.random_range(0..5) != 0;
        let nonce = Nonce::from_entropy(&random.random());
        if !self.activated {
            if online {
                let key = &issuer.licenses.get(self.license).unwrap().key;
                let request = app.activate(key, nonce)?;
                self.carry(&mut app, request, issuer, raw, counts).await?;
            }
        } else if app.poll(raw) == Poll::Ask {
            if online {
                let request = app.refresh(nonce, raw)?;
                let asked = self.carry(&mut app, request, issuer, raw, counts).await?;
                if !asked && app.retries_at_once() {
                    let nonce = Nonce::from_entropy(&random.random());
                    let request = app.refresh(nonce, raw)?;
                    self.carry(&mut app, request, issuer, raw, counts).await?;
                }
            } else {
                let request = app.refresh(nonce, raw)?;
                app.failed(request, "no network", raw);
                counts.failed_contacts += 1;
            }
        }
        if let Some(unsaved) = app.unsaved() {
            self.state = Some(unsaved.state.as_bytes().to_vec());
            self.witness = Some(unsaved.witness.as_bytes().to_vec());
        }
        Ok(())
    }

    fn touch_clock(&mut self, random: &mut StdRng, counts: &mut Counts) {
        if self.ahead != 0 && random.random_range(0..3) == 0 {
            self.ahead = 0;
            self.clock_touched = true;
        } else if random.random_range(0..60) == 0 {
            let far = [7200, 3 * DAY, 40 * DAY, 5 * YEAR];
            let far = far.get(random.random_range(0..4)).copied().unwrap_or(0);
            self.ahead = if random.random() { far } else { -far };
            self.clock_touched = true;
            counts.wrong_clocks += 1;
        }
    }

    async fn carry(
        &mut self,
        app: &mut Installation,
        request: paidup::Request,
        issuer: &Issuer,
        raw: UnixTime,
        counts: &mut Counts,
    ) -> Result<bool, Failure> {
        let (status, body) = issuer.ask(&request).await?;
        let reply = Reply {
            status,
            body: &body,
            retry_after: None,
        };
        match app.receive(request, reply, raw) {
            Ok(Received::Answer(answer)) => {
                counts.contacts += 1;
                self.activated = true;
                self.contact = Some(issuer.now());
                self.clock_touched = false;
                self.ahead_at_contact = self.ahead;
                self.judge_contact(&answer, issuer, counts);
                Ok(true)
            }
            Ok(other) => Err(format!("{other:?}").into()),
            Err(error) if app.retries_at_once() => {
                counts.failed_contacts += u64::from(status != 401);
                drop(error);
                Ok(false)
            }
            Err(error) => Err(format!("{error}: {status}").into()),
        }
    }

    /// Right after a contact the answer is the truth, whatever the clock says.
    fn judge_contact(&self, answer: &Answer, issuer: &Issuer, counts: &mut Counts) {
        let now = issuer.now();
        let truth = issuer.licenses.get(self.license).unwrap().truth(now);
        let expected = match truth {
            Truth::Paid => Code::Valid,
            Truth::Suspended => Code::Suspended,
            Truth::GraceUntil(end) if now < end => Code::Grace,
            Truth::GraceUntil(_) => Code::Revoked,
        };
        if answer.code() != expected {
            counts.unhealed += 1;
            self.note(counts, answer, issuer, "after a contact");
        }
    }

    /// Without a contact: what it knows must hold, and what it knows to be over must
    /// not.
    fn judge(&self, answer: &Answer, issuer: &Issuer, counts: &mut Counts) {
        let (now, contact) = (issuer.now(), self.contact.unwrap_or_default());
        let known = issuer.licenses.get(self.license).unwrap().truth(contact);
        let in_lease = now < contact + LEASE;
        let right = match known {
            Truth::Paid => in_lease,
            Truth::Suspended => false,
            Truth::GraceUntil(end) => now < end && contact < end,
        };
        match (answer.usable(), right) {
            (true, true) => counts.yes += 1,
            (false, false) => counts.refused_rightly += 1,
            // A clock that was touched since may have to be told so.
            (false, true) if self.clock_touched => counts.refused_rightly += 1,
            (false, true) => {
                counts.false_refusals += 1;
                self.note(counts, answer, issuer, "a false refusal");
            }
            // A clock that shows an earlier time, or is corrected to one because it was
            // wrong at the last contact, gains what it shows, up to what was seen.
            (true, false) if self.clock_touched || self.ahead < 0 => {
                let ends = match known {
                    Truth::GraceUntil(end) => end.min(contact + LEASE),
                    _ => contact + LEASE,
                };
                let shown = now + self.ahead;
                let shown = shown.min(shown - self.ahead_at_contact);
                if known == Truth::Suspended || shown >= ends {
                    counts.wrong_yes += 1;
                    self.note(counts, answer, issuer, "a yes that no clock explains");
                } else {
                    counts.yes += 1;
                }
            }
            (true, false) => {
                counts.wrong_yes += 1;
                self.note(counts, answer, issuer, "a wrong yes");
            }
        }
    }

    fn note(&self, counts: &mut Counts, answer: &Answer, issuer: &Issuer, what: &str) {
        let license = issuer.licenses.get(self.license);
        let text = || {
            format!(
                "{what}: {} ({:?}) at {}, contact {:?}, clock {} ahead (touched: {}), {license:?}",
                answer.code(),
                answer
                    .license()
                    .and_then(|it| it.claims().reason.as_deref()),
                issuer.now(),
                self.contact,
                self.ahead,
                self.clock_touched,
            )
        };
        counts.first_wrong.get_or_insert_with(text);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sessions {}, contacts {}, failed contacts {}, clocks gone wrong {}, yes {}, rightly \
             refused {}, false refusals {}, wrong yes {}, not healed by a contact {}",
            self.sessions,
            self.contacts,
            self.failed_contacts,
            self.wrong_clocks,
            self.yes,
            self.refused_rightly,
            self.false_refusals,
            self.wrong_yes,
            self.unhealed,
        )
    }
}
