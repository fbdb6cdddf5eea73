//! The customer's app: it was built with the vendor's key pinned, keeps one
//! token, and asks the network only when it wants a newer one.

use paidup::{Expected, Keyring, License, PublicKey, Seen, Standing, Token, UnixTime};
use serde_json::{Value, json};

use super::Failure;

pub(crate) const FINGERPRINT: &str = "sha256:demo-machine";

/// The customer's app.
#[derive(Clone)]
pub(crate) struct Customer {
    issuer: String,
    keyring: Keyring,
    expected: Expected,
    http: reqwest::Client,
    token: String,
}

impl Customer {
    /// Installs the app: what it pins came with it.
    pub(crate) fn install(issuer: &str, product: &str, key: PublicKey) -> Self {
        let mut keyring = Keyring::new();
        keyring.trust(key);
        Self {
            issuer: issuer.to_owned(),
            keyring,
            expected: Expected::new(issuer, product)
                .fingerprint(FINGERPRINT)
                .test_mode(),
            http: reqwest::Client::new(),
            token: String::new(),
        }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Types the license key.
    pub(crate) async fn activate(&mut self, key: &str) -> Result<(), Failure> {
        let body = json!({ "key": key, "fingerprint": FINGERPRINT, "name": "Demo laptop" });
        self.token = self.post("/api/v1/tokens", &body).await?;
        Ok(())
    }

    /// Holds a token that it was handed, instead of asking for one.
    pub(crate) fn hold(&mut self, token: String) {
        self.token = token;
    }

    /// Trades the token for a newer one.
    pub(crate) async fn refresh(&mut self) -> Result<(), Failure> {
        let body = json!({ "token": self.token });
        self.token = self.post("/api/v1/tokens/refresh", &body).await?;
        Ok(())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<String, Failure> {
        let url = format!("{}{path}", self.issuer);
        let reply: Value = self.http.post(url).json(body).send().await?.json().await?;
        match reply.pointer("/data/token").and_then(Value::as_str) {
            Some(token) => Ok(token.to_owned()),
            None => Err(format!("the issuer gave no token: {reply}").into()),
        }
    }

    /// Verifies the token it holds, without any network.
    pub(crate) fn license(&self) -> Result<License, Failure> {
        Ok(self.verify(&self.token)?)
    }

    pub(crate) fn verify(&self, token: &str) -> Result<License, paidup::VerifyError> {
        self.keyring
            .verify(Token::parse(token)?, &self.expected, &Seen::default())
    }

    /// The standing at `now`, and whether export may be used.
    pub(crate) fn look(&self, now: UnixTime) -> Result<(Standing, Value), Failure> {
        let license = self.license()?;
        let standing = license.standing(now);
        let seen = json!({
            "standing": standing.code().as_str(),
            "export": license.allows("export", now),
            "policy": license.policy().name,
            "graceEndsAt": license.grace_ends_at().map(|at| crate::app::iso8601(at.as_secs())),
        });
        Ok((standing, seen))
    }
}
