//! An issuer on a socket, and other things that may be found behind its address.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use ed25519_dalek::{Signer as _, SigningKey};
use paidup::{Algorithm, Claims, PublicKey};

use crate::NOW;

pub(crate) const ISSUER: &str = "https://licenses.example.com";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn public() -> String {
    let public = PublicKey::from_bytes(&key().verifying_key().to_bytes()).unwrap();
    public.to_base64url()
}

/// What it replies: status, headers, body; for each request's path and body.
type Replies = dyn Fn(&str, &serde_json::Value) -> String + Send + Sync;

pub(crate) struct Server {
    pub(crate) url: String,
    /// The paths that were asked for.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// An honest issuer.
    pub(crate) fn honest() -> Self {
        Self::signing(|_| {})
    }

    /// An honest issuer, with what it has to say of the license.
    pub(crate) fn signing(says: impl Fn(&mut Claims) + Send + Sync + 'static) -> Self {
        Self::with(move |path, body| {
            if path.starts_with("/api/v1/machines/") {
                return reply(204, "", "");
            }
            let nonce = body
                .get("nonce")
                .and_then(|it| it.as_str())
                .map(str::to_owned);
            let data = serde_json::json!({
                "token": token(nonce, &says),
                "keyset": null,
                "machine": { "id": "mac_1" },
            });
            reply(200, "", &serde_json::json!({ "data": data }).to_string())
        })
    }

    pub(crate) fn with(
        replies: impl Fn(&str, &serde_json::Value) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (heard, replies): (_, Arc<Replies>) = (Arc::clone(&asked), Arc::new(replies));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, replies) = (Arc::clone(&heard), Arc::clone(&replies));
                thread::spawn(move || serve(stream, &heard, &*replies));
            }
        });
        Self { url, asked }
    }
}

fn serve(mut stream: TcpStream, heard: &Mutex<Vec<String>>, replies: &Replies) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    let _ = reader.read_line(&mut line);
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    heard.lock().unwrap().push(path.clone());
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let _ = stream.write_all(replies(&path, &body).as_bytes());
}

pub(crate) fn reply(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

fn token(nonce: Option<String>, says: &dyn Fn(&mut Claims)) -> String {
    let mut claims = Claims::new(ISSUER, "notes", NOW);
    claims.sub = "lic_1".into();
    claims.jti = "tok_1".into();
    claims.seq = 7;
    claims.exp = NOW.plus(14 * 86_400);
    claims.policy.id = "pol_growth".into();
    claims.policy.name = "growth_policy".into();
    claims.entitlements = vec!["export".into()];
    claims.fingerprint = Some("sha256:this-machine".into());
    claims.nonce = nonce;
    says(&mut claims);
    let key = key();
    let id = PublicKey::from_base64url(&public()).unwrap().key_id();
    let sign = |bytes: &[u8]| key.sign(bytes).to_bytes();
    claims.seal(&id, Algorithm::EdDsa, sign).unwrap()
}
