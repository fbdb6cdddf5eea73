//! A reply taken apart: what the issuer gave out, or what it said instead, or that
//! it was not the issuer at all.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{ClientError, MachineInfo, NetworkError, Reply, is_machine_id};
use crate::{
    Code, LicenseFile,
    json::{Json, Object},
};

/// What the issuer gave out. Nothing in it has been verified.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) keyset: Option<String>,
    /// The seat's id.
    pub(super) machine: Option<String>,
}

impl Issued {
    pub(super) fn of_file(file: LicenseFile) -> Self {
        Self {
            token: file.token,
            keyset: file.keyset,
            machine: None,
        }
    }

    /// From the body of a success: `{"data": {"token", "keyset", "machine"}}`.
    pub(super) fn read(reply: Reply<'_>) -> Result<Self, ClientError> {
        check(reply)?;
        let body = parse(reply).ok_or_else(|| not_the_issuer(reply))?;
        let data = body.object("data").ok_or_else(|| not_the_issuer(reply))?;
        let token = data.text("token").ok_or_else(|| not_the_issuer(reply))?;
        let machine = data.object("machine").and_then(|it| it.text("id"));
        Ok(Self {
            token: token.into(),
            keyset: data.text("keyset").map(String::from),
            machine: machine.filter(|it| is_machine_id(it)).map(String::from),
        })
    }
}

/// Whether the issuer has freed a seat: 204, and nothing else. A portal's page is a
/// success too, as HTTP has it.
pub(super) fn freed(reply: Reply<'_>) -> Result<(), ClientError> {
    match check(reply) {
        Ok(()) if reply.status != 204 => Err(not_the_issuer(reply)),
        checked => checked,
    }
}

/// Whether the reply is a success; else what the issuer said, or that it was not
/// the issuer.
pub(super) fn check(reply: Reply<'_>) -> Result<(), ClientError> {
    if (200..300).contains(&reply.status) {
        return Ok(());
    }
    let body = parse(reply);
    let Some(body) = body.filter(|it| it.text("error").is_some()) else {
        return Err(match reply.status {
            429 => ClientError::RateLimited {
                after: reply.retry_after,
                sentence: None,
            },
            _ => not_the_issuer(reply),
        });
    };
    let code = body.text("code").unwrap_or_default();
    Err(match (reply.status, code) {
        (429, _) => ClientError::RateLimited {
            after: reply.retry_after,
            sentence: body.text("error").map(Box::from),
        },
        (404, "NOT_FOUND") => ClientError::NotFound,
        (422, "FINGERPRINT_REQUIRED") => ClientError::FingerprintRequired,
        (422, "MACHINE_LIMIT_EXCEEDED") => {
            let details = body.object("details");
            let count = |name| details.and_then(|it| it.count(name)).unwrap_or_default();
            let machines = match details.and_then(|it| it.get("machines")) {
                Some(Json::Array(items)) => read_machines(items, None),
                _ => Vec::new(),
            };
            ClientError::MachineLimit {
                max: count("max"),
                current: count("current"),
                machines,
            }
        }
        (422, "PRODUCT_MISMATCH") => other_app(Code::ProductMismatch, &body),
        (422, "ENVIRONMENT_MISMATCH") => other_app(Code::EnvironmentMismatch, &body),
        (status, code) => ClientError::Network(NetworkError::Refused {
            status,
            code: code.into(),
            sentence: body.text("error").unwrap_or_default().into(),
        }),
    })
}

fn other_app(code: Code, body: &Object<'_>) -> ClientError {
    ClientError::OtherApp {
        code,
        sentence: body.text("error").unwrap_or_default().into(),
    }
}

/// The seats from a list: `{"data": [{"id", "name", "fingerprint", …}]}`.
pub(super) fn machines(
    reply: Reply<'_>,
    this_machine: Option<&str>,
) -> Result<Vec<MachineInfo>, ClientError> {
    check(reply)?;
    let body = parse(reply).ok_or_else(|| not_the_issuer(reply))?;
    match body.get("data") {
        Some(Json::Array(items)) => Ok(read_machines(items, this_machine)),
        _ => Err(not_the_issuer(reply)),
    }
}

fn read_machines(items: &[Json<'_>], this_machine: Option<&str>) -> Vec<MachineInfo> {
    let machine = |item: &Json<'_>| {
        let Json::Object(item) = item else {
            return None;
        };
        let optional = |name| item.text(name).map(String::from);
        let fingerprint = item.text("fingerprint");
        Some(MachineInfo {
            id: optional("id")?,
            name: optional("name"),
            platform: optional("platform"),
            last_seen_at: optional("lastSeenAt").or_else(|| optional("updatedAt")),
            this_machine: fingerprint.is_some() && fingerprint == this_machine,
        })
    };
    items.iter().filter_map(machine).collect()
}

fn parse(reply: Reply<'_>) -> Option<Object<'_>> {
    let body = Some(reply.body).filter(|it| it.len() <= Reply::MAX_BYTES)?;
    Object::parse(body).ok()
}

fn not_the_issuer(reply: Reply<'_>) -> ClientError {
    ClientError::Network(NetworkError::NotTheIssuer {
        status: reply.status,
    })
}
