//! What the vendor subscribes a customer to.

/// A subscription that the vendor makes by the API.
///
/// ```
/// use fake_stripe::Subscribe;
///
/// let offer = Subscribe::to("price_growth_monthly").quantity(3).days_until_due(30);
/// ```
#[derive(Debug, Clone)]
pub struct Subscribe {
    pub(super) lines: Vec<(String, i64)>,
    pub(super) start_date: Option<i64>,
    pub(super) days_until_due: Option<u32>,
}

impl Subscribe {
    /// One of this price, paid at once.
    #[must_use]
    pub fn to(price: &str) -> Self {
        Self {
            lines: vec![(price.to_owned(), 1)],
            start_date: None,
            days_until_due: None,
        }
    }

    /// Adds another price.
    #[must_use]
    pub fn line(mut self, price: &str, quantity: i64) -> Self {
        self.lines.push((price.to_owned(), quantity));
        self
    }

    /// The quantity of the price added last.
    #[must_use]
    pub fn quantity(mut self, quantity: i64) -> Self {
        if let Some((_, last)) = self.lines.last_mut() {
            *last = quantity;
        }
        self
    }

    /// Its first period begins at this moment of the past (`backdate_start_date`).
    #[must_use]
    pub fn start_date(mut self, at: i64) -> Self {
        self.start_date = Some(at);
        self
    }

    /// Its invoices are sent, and to be paid within so many days
    /// (`collection_method=send_invoice`).
    #[must_use]
    pub fn days_until_due(mut self, days: u32) -> Self {
        self.days_until_due = Some(days);
        self
    }
}
