//! An installation, a machine with a clock that may be wrong, and an issuer that is
//! played: it signs what it is told to.

use ed25519_dalek::{Signer as _, SigningKey as Secret};
use paidup::{
    Algorithm, Answer, Claims, ClientError, Code, Installation, Keyset, KeysetKey, LicenseFile,
    Method, Nonce, Poll, Received, Reply, Request, Revocation, Role, Setup, Status, UnixTime,
};

use crate::fixture::{FINGERPRINT, ISSUED_AT, ISSUER, PRODUCT, claims, public};

pub(super) const KEY: &str = "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z";
pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 86_400;
pub(super) const YEAR: i64 = 365 * DAY;

pub(super) fn root() -> Secret {
    Secret::from_bytes(&[1; 32])
}

pub(super) fn signing_key(n: u8) -> Secret {
    Secret::from_bytes(&[100 + n; 32])
}

/// The app as it was built.
pub(super) fn setup() -> Setup {
    Setup::new(ISSUER, PRODUCT)
        .root(public(&root()))
        .fingerprint(FINGERPRINT)
}

/// The issuer, as far as an installation can tell.
#[derive(Debug, Clone)]
pub(super) struct Issuer {
    /// What the next token says, but for its times and its nonce.
    pub(super) claims: Claims,
    /// With which key it signs.
    pub(super) signs_with: u8,
    pub(super) keyset: Keyset,
    pub(super) lease: i64,
    pub(super) refresh_after: Option<i64>,
    /// How many tokens it has given out.
    pub(super) given: u32,
}

impl Issuer {
    fn new() -> Self {
        let mut issuer = Self {
            claims: claims(),
            signs_with: 1,
            keyset: Keyset::new(ISSUER, 0, ISSUED_AT),
            lease: 14 * DAY,
            refresh_after: None,
            given: 0,
        };
        issuer.lists(&[1], ISSUED_AT);
        issuer
    }

    /// Publishes a newer keyset with these keys.
    pub(super) fn lists(&mut self, keys: &[u8], now: UnixTime) {
        self.keyset.version += 1;
        self.keyset.iat = now;
        self.keyset.exp = now.plus(Keyset::LIFE);
        self.keyset.keys = keys
            .iter()
            .map(|n| KeysetKey {
                key: public(&signing_key(*n)),
                role: Role::License,
                not_before: ISSUED_AT.minus(DAY),
                not_after: ISSUED_AT.plus(20 * YEAR),
                products: Vec::new(),
            })
            .collect();
    }

    pub(super) fn revokes(&mut self, key: u8, now: UnixTime) {
        self.keyset.revoked.push(Revocation {
            kid: public(&signing_key(key)).key_id(),
            at: now,
            reason: "compromised".into(),
        });
    }

    pub(super) fn keyset(&self) -> String {
        let sign = |bytes: &[u8]| root().sign(bytes).to_bytes();
        let root = public(&root()).key_id();
        self.keyset.seal(&root, Algorithm::EdDsa, sign).unwrap()
    }

    pub(super) fn token(&mut self, nonce: Option<&str>, now: UnixTime) -> String {
        self.given += 1;
        let mut claims = self.claims.clone();
        claims.jti = format!("tok_{}", self.given);
        claims.iat = now;
        claims.nonce = nonce.map(str::to_owned);
        claims.refresh_after = self.refresh_after.map(|it| now.plus(it));
        claims.exp = match claims.status {
            Status::Active => now.plus(self.lease),
            _ => now.plus(60),
        };
        if let Some(grace) = claims.grace {
            claims.exp = claims.exp.min(grace.ends_at);
        }
        let key = signing_key(self.signs_with);
        claims
            .seal(&public(&key).key_id(), Algorithm::EdDsa, |bytes| {
                key.sign(bytes).to_bytes()
            })
            .unwrap()
    }

    pub(super) fn file(&mut self, nonce: Option<&str>, now: UnixTime) -> String {
        let file = LicenseFile {
            token: self.token(nonce, now),
            keyset: Some(self.keyset()),
        };
        file.seal("then", &public(&root()).key_id(), |_| [0; 64])
    }

    /// A reply to a request for a token.
    pub(super) fn reply(&mut self, request: &Request, now: UnixTime) -> (u16, String) {
        assert_eq!(request.method, Method::Post);
        let body: serde_json::Value = serde_json::from_str(request.body.as_ref().unwrap()).unwrap();
        let revoked = |it: &Self| it.keyset.revokes(&public(&signing_key(1)).key_id());
        if body.get("token").is_some() && revoked(self) && self.given == 1 {
            return problem(401, "KEY_REVOKED");
        }
        let token = self.token(body.get("nonce").and_then(|it| it.as_str()), now);
        let data = serde_json::json!({
            "token": token,
            "keyset": self.keyset(),
            "license": {},
            "machine": { "id": "mac_1" },
        });
        (200, serde_json::json!({ "data": data }).to_string())
    }
}

pub(super) fn problem(status: u16, code: &str) -> (u16, String) {
    let body = serde_json::json!({ "error": "a sentence", "code": code, "status": status });
    (status, body.to_string())
}

/// The installation, its machine and its issuer.
pub(super) struct World {
    pub(super) installation: Installation,
    pub(super) issuer: Issuer,
    /// The true time.
    pub(super) time: UnixTime,
    /// How far the machine's clock is ahead of it.
    pub(super) ahead: i64,
    /// Whether the issuer can be reached.
    pub(super) online: bool,
    pub(super) state: Option<Vec<u8>>,
    pub(super) witness: Option<Vec<u8>>,
    nonces: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            installation: Installation::load(setup(), None, None),
            issuer: Issuer::new(),
            time: ISSUED_AT,
            ahead: 0,
            online: true,
            state: None,
            witness: None,
            nonces: 0,
        }
    }

    /// One that has activated.
    pub(super) fn activated() -> Self {
        let mut world = Self::new();
        assert_eq!(world.activate(KEY).unwrap().code(), Code::Valid);
        world
    }

    /// What the machine's clock says.
    pub(super) fn raw(&self) -> UnixTime {
        self.time.plus(self.ahead)
    }

    pub(super) fn pass(&mut self, seconds: i64) -> &mut Self {
        self.time = self.time.plus(seconds);
        self
    }

    pub(super) fn code(&mut self) -> Code {
        let raw = self.raw();
        self.installation.check(raw).code()
    }

    pub(super) fn nonce(&mut self) -> Nonce {
        self.nonces += 1;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.nonces.to_be_bytes());
        Nonce::from_entropy(&bytes)
    }

    pub(super) fn activate(&mut self, key: &str) -> Result<Answer, ClientError> {
        let nonce = self.nonce();
        let request = self.installation.activate(key, nonce)?;
        self.carry(request)
    }

    pub(super) fn refresh(&mut self) -> Result<Answer, ClientError> {
        loop {
            let nonce = self.nonce();
            let raw = self.raw();
            let request = self.installation.refresh(nonce, raw)?;
            let result = self.carry(request);
            if result.is_ok() || !self.installation.retries_at_once() {
                return result;
            }
        }
    }

    /// Brings a request to the issuer, and the reply back.
    fn carry(&mut self, request: Request) -> Result<Answer, ClientError> {
        let raw = self.raw();
        if !self.online {
            return Err(self.installation.failed(request, "no network", raw));
        }
        let (status, body) = self.issuer.reply(&request, self.time);
        self.deliver(request, status, &body)
    }

    pub(super) fn deliver(
        &mut self,
        request: Request,
        status: u16,
        body: &str,
    ) -> Result<Answer, ClientError> {
        let reply = Reply {
            status,
            body: body.as_bytes(),
            retry_after: None,
        };
        let raw = self.raw();
        let received = self.installation.receive(request, reply, raw)?;
        self.save();
        match received {
            Received::Answer(answer) => Ok(answer),
            _ => Err(ClientError::OtherRequest),
        }
    }

    /// Asks for a token, and answers with something else.
    pub(super) fn refresh_meets(&mut self, status: u16, body: &str) -> ClientError {
        let nonce = self.nonce();
        let raw = self.raw();
        let request = self.installation.refresh(nonce, raw).unwrap();
        self.deliver(request, status, body).unwrap_err()
    }

    /// Does what a driver does when it wakes; whether it has asked.
    pub(super) fn wake(&mut self) -> bool {
        let raw = self.raw();
        let asks = self.installation.poll(raw) == Poll::Ask;
        if asks {
            let _ = self.refresh();
        }
        asks
    }

    pub(super) fn save(&mut self) {
        if let Some(unsaved) = self.installation.unsaved() {
            self.state = Some(unsaved.state.as_bytes().to_vec());
            self.witness = Some(unsaved.witness.as_bytes().to_vec());
            self.installation.saved();
        }
    }

    /// Ends the app, and starts it again.
    pub(super) fn restart(&mut self) -> &mut Self {
        self.save();
        let (state, witness) = (self.state.clone(), self.witness.clone());
        self.start_with(state.as_deref(), witness.as_deref())
    }

    pub(super) fn start_with(&mut self, state: Option<&[u8]>, witness: Option<&[u8]>) -> &mut Self {
        self.installation = Installation::load(setup(), state, witness);
        self
    }
}
