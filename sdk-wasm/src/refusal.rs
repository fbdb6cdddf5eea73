//! What is thrown: the code, a sentence, the way out, and what else belongs to it.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use paidup::{
    ClientError, Code, KeyError, KeysetError, LicenseFileError, MachineInfo, VerifyError,
};
use serde::Serialize;
use wasm_bindgen::JsValue;

/// Something was not done. JavaScript makes a `PaidupError` of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    code: Code,
    message: String,
    next_step: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<Limit>,
    /// For how long to wait, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// Where every seat is taken.
#[derive(Debug, Serialize)]
struct Limit {
    max: u64,
    current: u64,
    machines: Vec<MachineInfo>,
}

impl Refusal {
    pub(crate) fn argument(message: &str) -> Self {
        Self::of(Code::InvalidArgument, message.into())
    }

    fn of(code: Code, message: String) -> Self {
        Self {
            code,
            message,
            next_step: code.next_step(),
            limit: None,
            retry_after: None,
        }
    }
}

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Self {
        let mut refusal = Self {
            next_step: error.next_step(),
            ..Self::of(error.code(), error.to_string())
        };
        match error {
            ClientError::MachineLimit {
                max,
                current,
                machines,
            } => {
                refusal.limit = Some(Limit {
                    max,
                    current,
                    machines,
                });
            }
            ClientError::RateLimited { after, .. } => refusal.retry_after = after,
            _ => {}
        }
        refusal
    }
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        Self::of(error.code(), error.to_string())
    }
}

impl From<KeysetError> for Refusal {
    fn from(error: KeysetError) -> Self {
        Self::of(error.code(), error.to_string())
    }
}

impl From<LicenseFileError> for Refusal {
    fn from(error: LicenseFileError) -> Self {
        Self::of(error.code(), error.to_string())
    }
}

impl From<KeyError> for Refusal {
    fn from(error: KeyError) -> Self {
        Self::of(Code::InvalidArgument, error.to_string())
    }
}

impl From<Refusal> for JsValue {
    fn from(refusal: Refusal) -> Self {
        JsValue::from_str(&json(&refusal))
    }
}

/// Texts, words and whole numbers only: writing them down cannot fail.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
