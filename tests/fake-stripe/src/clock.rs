//! The one place where time is read, and the calendar that billing follows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Days, Months};

use crate::state::{Interval, Recurring};

/// Tells the time in Unix seconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A [`Clock`] that can be put ahead.
pub(crate) struct Time {
    clock: Clock,
    ahead: AtomicI64,
}

impl Time {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            ahead: AtomicI64::new(0),
        }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> i64 {
        (self.clock)().saturating_add(self.ahead.load(Ordering::SeqCst))
    }
}

pub(crate) fn system() -> Clock {
    Arc::new(|| {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// The moment one billing interval after `start`: calendar months and years,
/// a day that the month lacks becomes its last.
pub(crate) fn after(start: i64, recurring: Recurring) -> i64 {
    let count = recurring.count;
    let end = DateTime::from_timestamp(start, 0).and_then(|start| match recurring.interval {
        Interval::Day => start.checked_add_days(Days::new(count.into())),
        Interval::Week => start.checked_add_days(Days::new(u64::from(count) * 7)),
        Interval::Month => start.checked_add_months(Months::new(count)),
        Interval::Year => start.checked_add_months(Months::new(count.saturating_mul(12))),
    });
    end.map_or(start, |end| end.timestamp())
}

/// A moment as HTTP's `Date` header has it.
pub(crate) fn http_date(at: i64) -> String {
    DateTime::from_timestamp(at, 0)
        .unwrap_or_default()
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_that_is_too_short_ends_on_its_last_day() {
        let january_31 = 1_769_817_600;
        let monthly = Recurring {
            interval: Interval::Month,
            count: 1,
        };
        assert_eq!(http_date(january_31), "Sat, 31 Jan 2026 00:00:00 GMT");
        assert_eq!(
            http_date(after(january_31, monthly)),
            "Sat, 28 Feb 2026 00:00:00 GMT"
        );
    }
}
