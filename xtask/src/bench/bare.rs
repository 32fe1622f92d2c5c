//! The cheapest client that asks the same questions: so many connections kept open, no retries, nothing kept.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

type Failed = Box<dyn Error + Send + Sync>;

pub fn main(base_url: &str, at_once: &str, examples: &str) -> Result<(), String> {
    ask(base_url, at_once, examples).map_err(|error| error.to_string())
}

fn ask(base_url: &str, at_once: &str, examples: &str) -> Result<(), Failed> {
    let at_once: usize = at_once.parse()?;
    let mut bodies = Vec::new();
    for line in std::fs::read_to_string(examples)?.lines() {
        let example: Value = serde_json::from_str(line)?;
        let messages = serde_json::json!([{"role": "user", "content": example["input"]}]);
        bodies.push(Bytes::from(serde_json::json!({"model": "bench", "messages": messages}).to_string()));
    }
    let host = base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    let (bodies, next) = (Arc::new(bodies), Arc::new(AtomicUsize::new(0)));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let clients: Vec<_> =
            (0..at_once).map(|_| tokio::spawn(client(host.clone(), Arc::clone(&bodies), Arc::clone(&next)))).collect();
        for client in clients {
            client.await??;
        }
        Ok(())
    })
}

async fn client(host: String, bodies: Arc<Vec<Bytes>>, next: Arc<AtomicUsize>) -> Result<(), Failed> {
    let stream = tokio::net::TcpStream::connect(&host).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    while let Some(body) = bodies.get(next.fetch_add(1, Relaxed)) {
        sender.ready().await?;
        let request = hyper::Request::post("/v1/chat/completions").header("host", &host);
        let request = request.header("content-type", "application/json").body(Full::new(body.clone()))?;
        let reply = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
        serde_json::from_slice::<Value>(&reply)?;
    }
    Ok(())
}
