//! The customer's app: pins a key, keeps one token, verifies it by itself.

use paidup::{Expected, Keyring, License, PublicKey, Seen, Token, UnixTime, VerifyError};
use serde_json::{Value, json};

use crate::Failure;

/// An answer of the issuer's.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Reply {
    /// Reads an answer whole.
    ///
    /// # Errors
    /// Where it breaks off.
    pub async fn of(response: reqwest::Response) -> Result<Self, Failure> {
        let status = response.status().as_u16();
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Self { status, body })
    }

    /// A member of the body, empty where it is no text.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The status and the code of an error, which must be whole.
    #[must_use]
    pub fn error(&self) -> (u16, &str) {
        let status = self.body.get("status").and_then(Value::as_u64);
        assert_eq!(status, Some(self.status.into()), "{}", self.body);
        assert!(!self.text("/error").is_empty(), "{}", self.body);
        (self.status, self.text("/code"))
    }
}

/// The customer's app.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct App {
    /// Where the issuer is.
    pub issuer: String,
    /// What tells this machine apart.
    pub fingerprint: Option<String>,
    /// The token it keeps.
    pub token: String,
    keyring: Keyring,
    expected: Expected,
    http: reqwest::Client,
}

impl App {
    pub(crate) fn install(
        address: &str,
        issuer: &str,
        key: PublicKey,
        fingerprint: Option<&str>,
        http: reqwest::Client,
    ) -> Self {
        let mut keyring = Keyring::new();
        keyring.trust(key);
        let mut expected = Expected::new(issuer, "notes").test_mode();
        if let Some(fingerprint) = fingerprint {
            expected = expected.fingerprint(fingerprint);
        }
        Self {
            issuer: address.to_owned(),
            fingerprint: fingerprint.map(str::to_owned),
            token: String::new(),
            keyring,
            expected,
            http,
        }
    }

    /// Posts JSON to the issuer.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply, Failure> {
        let request = self.http.post(format!("{}{path}", self.issuer)).json(body);
        Reply::of(request.send().await?).await
    }

    /// Asks for a token by key, and keeps it where one comes.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn activate(&mut self, key: &str) -> Result<Reply, Failure> {
        let body = json!({ "key": key, "fingerprint": self.fingerprint, "name": "Laptop" });
        let reply = self.post("/api/v1/tokens", &body).await?;
        self.keep(reply)
    }

    /// Trades the token for a newer one.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn refresh(&mut self) -> Result<Reply, Failure> {
        let body = json!({ "token": self.token });
        let reply = self.post("/api/v1/tokens/refresh", &body).await?;
        self.keep(reply)
    }

    /// Asks for a token by key, which never activates, and keeps it.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn refresh_by_key(&mut self, key: &str) -> Result<Reply, Failure> {
        let url = format!("{}/api/v1/tokens/refresh", self.issuer);
        let body = json!({ "fingerprint": self.fingerprint });
        let request = self.http.post(url).json(&body);
        let request = request.header("authorization", format!("License {key}"));
        let reply = Reply::of(request.send().await?).await?;
        self.keep(reply)
    }

    /// Asks whether a key is good right now.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn validate(&self, body: &Value) -> Result<Reply, Failure> {
        self.post("/api/v1/licenses/validate-key", body).await
    }

    /// Verifies any token as this app would, without the network.
    ///
    /// # Errors
    /// As [`Keyring::verify`].
    pub fn verify(&self, token: &str) -> Result<License, VerifyError> {
        self.keyring
            .verify(Token::parse(token)?, &self.expected, &Seen::default())
    }

    /// What the token that it keeps is worth at `now`: its code, and whether
    /// `export` may be used.
    #[must_use]
    pub fn look(&self, now: i64) -> (&'static str, bool) {
        let now = UnixTime::from_secs(now);
        match self.verify(&self.token) {
            Ok(license) => (
                license.standing(now).code().as_str(),
                license.allows("export", now),
            ),
            Err(error) => (error.code().as_str(), false),
        }
    }

    fn keep(&mut self, reply: Reply) -> Result<Reply, Failure> {
        if let Some(token) = reply.body.pointer("/data/token").and_then(Value::as_str) {
            token.clone_into(&mut self.token);
        }
        Ok(reply)
    }
}
