//! What holds at a moment, from the token in hand.

use alloc::sync::Arc;

use super::{Event, Installation, clock};
use crate::{Code, Explanation, License, Seen, Token, UnixTime, VerifyError};

/// The token that is in hand, verified.
#[derive(Debug, Clone)]
pub(super) enum Hand {
    Nothing,
    Refused(VerifyError),
    License(Arc<License>),
}

/// What holds at a moment.
#[derive(Debug, Clone)]
pub struct Answer {
    code: Code,
    license: Option<Arc<License>>,
}

impl Answer {
    /// Why the answer is what it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Whether the app may be used.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.code.usable()
    }

    /// Whether the app may be used, and the license has this entitlement.
    #[must_use]
    pub fn allows(&self, entitlement: &str) -> bool {
        let has = |it: &Arc<License>| it.has(entitlement.as_bytes());
        self.usable() && self.license.as_ref().is_some_and(has)
    }

    /// The license, where there is one that was verified. It may be unusable.
    #[must_use]
    pub fn license(&self) -> Option<&License> {
        self.license.as_deref()
    }
}

impl Installation {
    /// What holds, where the machine's clock says `raw`. Costs no signature and no
    /// allocation.
    pub fn check(&mut self, raw: UnixTime) -> Answer {
        let now = self.now(raw);
        let answer = self.answer(now);
        let in_time = !matches!(answer.code, Code::ClockRollback | Code::NotYetValid);
        if let (Hand::License(license), true) = (&self.hand, in_time) {
            self.changed |= self.memory.witness.watch(now, license);
        }
        if self.told != Some(answer.code) {
            let event = Event::of(self.told, answer.code, answer.license());
            // The first answer of a usable license is no news.
            let news = self.told.is_some() || !answer.usable() || answer.code == Code::Grace;
            self.events.extend(event.filter(|_| news));
            self.told = Some(answer.code);
        }
        answer
    }

    /// The time to answer for, where the machine's clock says `raw`: corrected by
    /// what the last contact told.
    #[must_use]
    pub fn now(&self, raw: UnixTime) -> UnixTime {
        let memory = &self.memory;
        let watermark = memory.witness.watermark;
        clock::corrected(raw, self.license(), memory.clock_offset, watermark)
    }

    fn answer(&self, now: UnixTime) -> Answer {
        let code = match &self.hand {
            Hand::Nothing => Code::NoLicense,
            Hand::Refused(error) => error.code(),
            Hand::License(license) => {
                let watermark = self.memory.witness.watermark;
                let watermark = watermark.unwrap_or(license.claims().iat);
                license.standing_after(now, watermark).code()
            }
        };
        let license = match &self.hand {
            Hand::License(license) => Some(Arc::clone(license)),
            Hand::Nothing | Hand::Refused(_) => None,
        };
        Answer { code, license }
    }

    pub(super) fn license(&self) -> Option<&License> {
        match &self.hand {
            Hand::License(license) => Some(license),
            Hand::Nothing | Hand::Refused(_) => None,
        }
    }

    /// Each check of the token in hand, the claim that decided, and the next step.
    #[must_use]
    pub fn explain(&self, raw: UnixTime) -> Explanation {
        let Some(token) = &self.memory.token else {
            return Explanation::of_nothing();
        };
        // What was seen of the license, even where that is why it is refused.
        let known = Token::parse(token)
            .and_then(|it| self.keyring.verify(it, &self.expected, &Seen::default()));
        let seen = self
            .memory
            .witness
            .seen(known.as_ref().map_or("", License::id));
        Explanation::of(token, &self.keyring, &self.expected, &seen, self.now(raw))
    }
}
