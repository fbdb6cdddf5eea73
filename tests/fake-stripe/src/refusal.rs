//! Why Stripe says no, in the words and codes of its API.

/// A request that Stripe would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such object.
    #[error("No such {object}: '{id}'")]
    Missing {
        /// The kind of object, as its `object` member names it.
        object: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// An object with this id exists already.
    #[error("An object with the id '{id}' already exists.")]
    Taken {
        /// The id.
        id: String,
    },
    /// A required parameter is absent.
    #[error("Missing required param: {param}.")]
    MissingParameter {
        /// Its name.
        param: &'static str,
    },
    /// A parameter has a value that cannot be.
    #[error("Invalid {param}: {problem}")]
    InvalidParameter {
        /// Its name.
        param: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The form could not be read.
    #[error("Invalid request: {problem}")]
    Unreadable {
        /// What the decoder said.
        problem: String,
    },
    /// A property in `expand` that is not there to be expanded.
    #[error("This property cannot be expanded ({path}).")]
    NotExpandable {
        /// The path.
        path: String,
    },
    /// The object's state does not allow what was asked.
    #[error("This {object} is {status}: it cannot {verb}.")]
    WrongState {
        /// The kind of object.
        object: &'static str,
        /// Its status.
        status: &'static str,
        /// What was asked of it.
        verb: &'static str,
    },
    /// The charge has been refunded in full.
    #[error("Charge {charge} has already been refunded.")]
    AlreadyRefunded {
        /// The charge.
        charge: String,
    },
    /// A refund of more than is left of the charge.
    #[error("Refund amount ({asked}) is greater than unrefunded amount on charge ({left})")]
    RefundTooLarge {
        /// The amount asked for.
        asked: i64,
        /// The amount left.
        left: i64,
    },
    /// The account has as many webhook endpoints as it may have.
    #[error("You have reached the maximum of {limit} test webhook endpoints.")]
    TooManyEndpoints {
        /// The limit.
        limit: usize,
    },
    /// An idempotency key that was used for another request.
    #[error(
        "Keys for idempotent requests can only be used with the same parameters they were first used with."
    )]
    KeyReused,
    /// No key, or one that this account does not know.
    #[error("Invalid API Key provided")]
    Unauthorized,
    /// A restricted key that may not do this.
    #[error(
        "The provided key does not have the required permissions for this endpoint on account \
         '{account}'. Having the '{permission}' permission would allow this request to continue."
    )]
    Forbidden {
        /// The account.
        account: String,
        /// What the key lacks.
        permission: String,
    },
    /// The path or its method does not exist.
    #[error("Unrecognized request URL ({method}: {path}).")]
    UnknownUrl {
        /// The method.
        method: String,
        /// The path.
        path: String,
    },
    /// The customer's bank does not pay.
    #[error("{}", card_message(code))]
    Card {
        /// Stripe's code for why.
        code: &'static str,
        /// The charge that failed, where one was tried.
        charge: Option<String>,
    },
    /// A fault that the test asked for.
    #[error("An error of status {status} was injected")]
    Injected {
        /// The status.
        status: u16,
    },
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Missing { .. } | Self::UnknownUrl { .. } => 404,
            Self::Unauthorized => 401,
            Self::Forbidden { .. } => 403,
            Self::Card { .. } => 402,
            Self::Injected { status } => *status,
            _ => 400,
        }
    }

    /// Stripe's error type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::KeyReused => "idempotency_error",
            Self::Card { .. } => "card_error",
            Self::Injected { status } if *status != 429 => "api_error",
            _ => "invalid_request_error",
        }
    }

    /// Stripe's error code, where there is one.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => Some("resource_missing"),
            Self::Taken { .. } => Some("resource_already_exists"),
            Self::MissingParameter { .. } => Some("parameter_missing"),
            Self::InvalidParameter { .. } => Some("parameter_invalid"),
            Self::AlreadyRefunded { .. } => Some("charge_already_refunded"),
            Self::Card { code, .. } => Some(code),
            Self::Injected { status: 429 } => Some("rate_limit"),
            _ => None,
        }
    }

    /// The parameter at fault, where there is one.
    #[must_use]
    pub fn param(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } | Self::Taken { .. } => Some("id"),
            Self::MissingParameter { param } | Self::InvalidParameter { param, .. } => Some(param),
            Self::NotExpandable { .. } => Some("expand"),
            Self::RefundTooLarge { .. } => Some("amount"),
            _ => None,
        }
    }
}

fn card_message(code: &str) -> &'static str {
    match code {
        "card_declined" => "Your card was declined.",
        _ => "Your card was declined. This transaction requires authentication.",
    }
}
