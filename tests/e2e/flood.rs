//! Connections that say nothing, or too slowly: the issuer goes on answering others, and
//! stops when it is asked to.

use std::time::{Duration, Instant};

use paidup_tests::{Database, Failure, Outcome, Setting, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HALF: &[u8] = b"POST /webhooks/stripe HTTP/1.1\r\nhost: licenses.example.com\r\nx-";

async fn stage(environment: &[(&'static str, &str)]) -> Result<Stage, Failure> {
    let mut setting = Setting::default();
    let owned = environment
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    setting.environment.extend(owned);
    Stage::with(Database::Sqlite, setting).await
}

async fn connect(stage: &Stage) -> Result<TcpStream, Failure> {
    let url = stage.url()?;
    let address = url
        .strip_prefix("http://")
        .ok_or("it is served over http")?;
    Ok(TcpStream::connect(address).await?)
}

/// Sends a part of a request, and returns what is answered until the server hangs up.
async fn say(stage: &Stage, bytes: &[u8]) -> Result<String, Failure> {
    let mut stream = connect(stage).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    // The server may reset the connection instead of closing it.
    let _ = stream.read_to_end(&mut answer).await;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

async fn is_alive(stage: &Stage) -> Result<bool, Failure> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .build()?;
    let reply = client
        .get(format!("{}/healthz", stage.url()?))
        .send()
        .await?;
    Ok(reply.status() == 200)
}

#[tokio::test]
async fn half_open_connections_do_not_silence_the_issuer() -> Outcome {
    let bounds = [
        ("PAIDUP_MAX_CONNECTIONS", "64"),
        ("PAIDUP_MAX_CONNECTIONS_PER_ADDRESS", "32"),
    ];
    let stage = stage(&bounds).await?;
    let mut open = Vec::new();
    for n in 0..300 {
        let mut stream = connect(&stage).await?;
        if n % 2 == 0 {
            // The server may have hung up on it already.
            let _ = stream.write_all(HALF).await;
        }
        open.push(stream);
    }
    assert!(is_alive(&stage).await?);
    stage
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await?;
    stage.vendor.first("license.created").await?;
    drop(open);
    Ok(())
}

#[tokio::test]
async fn a_half_open_connection_does_not_keep_the_issuer_from_stopping() -> Outcome {
    let mut stage = stage(&[("PAIDUP_SHUTDOWN_TIMEOUT", "1s")]).await?;
    let mut half = connect(&stage).await?;
    half.write_all(HALF).await?;
    let idle = connect(&stage).await?;
    assert!(is_alive(&stage).await?);
    let began = Instant::now();
    stage.switch_off().await?;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    drop((half, idle));
    Ok(())
}

#[tokio::test]
async fn a_head_or_a_body_has_ten_seconds() -> Outcome {
    let stage = stage(&[]).await?;
    let began = Instant::now();
    let body = b"POST /api/v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                 content-length: 100\r\n\r\n{\"key\":";
    let (head, body) = tokio::join!(say(&stage, HALF), say(&stage, body));
    assert!(head?.is_empty(), "nothing is answered to half a head");
    let body = body?;
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
    assert!(body.contains("REQUEST_TIMEOUT"), "{body}");
    let took = began.elapsed();
    assert!(
        took > Duration::from_secs(9) && took < Duration::from_secs(20),
        "{took:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_signature_that_cannot_be_valid_is_refused_before_the_body_comes() -> Outcome {
    let stage = stage(&[]).await?;
    let head = |signature: &str| {
        format!(
            "POST /webhooks/stripe HTTP/1.1\r\nhost: x\r\ncontent-length: 1048576\r\n\
             {signature}connection: close\r\n\r\n"
        )
    };
    let stale = format!("stripe-signature: t=1000,v1={}\r\n", "00".repeat(32));
    let long = format!("stripe-signature: t=1000,v1={}\r\n", "0".repeat(5000));
    for signature in ["", "stripe-signature: nonsense\r\n", &stale, &long] {
        let answer = say(&stage, head(signature).as_bytes()).await?;
        assert!(answer.starts_with("HTTP/1.1 400"), "{signature}: {answer}");
        assert!(answer.contains("SIGNATURE_INVALID"), "{answer}");
    }
    // A head that is too long is refused by itself.
    let long = format!(
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n",
        "x".repeat(64 * 1024)
    );
    let answer = say(&stage, long.as_bytes()).await?;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    Ok(())
}
