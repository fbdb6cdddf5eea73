//! Money that a customer or a bank asks back: refunds and disputes.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// One transfer of money back to the customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refund {
    /// The billing system's identifier.
    pub id: String,
    /// The charge it gives back.
    pub charge: Option<String>,
    /// The payment that the charge belongs to.
    pub payment: Option<String>,
    /// The sum in the currency's smallest unit.
    pub amount: u64,
    /// It came back: the vendor has the money again. Final.
    pub failed: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// A customer's bank wants a payment back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dispute {
    /// The billing system's identifier.
    pub id: String,
    /// The charge it is about.
    pub charge: Option<String>,
    /// The payment that the charge belongs to.
    pub payment: Option<String>,
    /// How far it has come.
    pub status: DisputeStatus,
    /// The disputed sum in the currency's smallest unit; where unknown, all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
    /// When it was opened; unknown in facts of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

/// How far a dispute has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// The bank asks; no money has moved.
    Inquiry,
    /// The money is gone until it is decided.
    Open,
    /// It came to nothing, and no money ever moved. Final.
    Dropped,
    /// The money came back. Final, but for an appeal.
    Won,
    /// The money is gone. Final, but for an appeal.
    Lost,
}

impl DisputeStatus {
    /// It was decided.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Dropped | Self::Won | Self::Lost)
    }
}
