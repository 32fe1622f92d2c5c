//! The server's own loop.

use super::{Counts, Fault, Faults, Says, key};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket};

pub struct State {
    pub faults: Faults,
    pub says: Says,
    pub counts: Arc<Counts>,
}

type Reply = Response<BoxBody<Bytes, io::Error>>;

pub async fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    socket.listen(4096)
}

pub async fn serve(listener: TcpListener, state: Arc<State>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        state.counts.connections.fetch_add(1, Relaxed);
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| Box::pin(answer(Arc::clone(&state), request)));
            let mut builder = http1::Builder::new();
            let mut connection = builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
            // A client that left is none of our business.
            let ended = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
            if ended.is_err_and(|error| is_reset(&error)) {
                let _ = connection.into_parts().io.into_inner().set_zero_linger();
            }
        });
    }
}

/// Whether the connection was to end by a reset: what is closed without lingering is not ended but cut off.
fn is_reset(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionReset)
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Reply, io::Error> {
    match (request.method(), request.uri().path()) {
        (&Method::POST, path) if path.ends_with("/chat/completions") => chat(&state, request).await,
        (&Method::GET, "/stats") => Ok(with(StatusCode::OK, state.counts.json())),
        (&Method::POST, "/reset") => {
            state.counts.reset();
            Ok(with(StatusCode::OK, "{}".to_owned()))
        }
        _ => Ok(error(StatusCode::NOT_FOUND, "nothing is served here")),
    }
}

/// Counts a request for as long as it lasts, also where the client leaves.
struct Here<'a>(&'a Counts);

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.leaves();
    }
}

async fn chat(state: &State, request: Request<Incoming>) -> Result<Reply, io::Error> {
    let arrived = Instant::now();
    let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let key = key(&body);
    let attempt = state.counts.arrives(&key, arrived);
    let _here = Here(&state.counts);
    let faults = &state.faults;
    let fault = faults.of(&key, attempt);
    match fault {
        Some(Fault::TurnedAway) => {
            state.counts.turned_away(&key, Instant::now() + faults.retry_after.mul_f64(0.95));
            let mut reply = error(StatusCode::TOO_MANY_REQUESTS, "too many requests");
            let seconds = faults.retry_after.as_secs_f64().to_string();
            if let Ok(seconds) = seconds.parse() {
                reply.headers_mut().insert("retry-after", seconds);
            }
            return Ok(reply);
        }
        Some(Fault::Stalled) => tokio::time::sleep(faults.stall).await,
        _ => tokio::time::sleep(faults.delay.saturating_sub(arrived.elapsed())).await,
    }
    if fault == Some(Fault::Reset) {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    if fault == Some(Fault::Broken) {
        return Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "the server failed"));
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let said = (state.says)(&asked);
    let whole = completion(&asked, &said, body.len());
    Ok(match fault {
        Some(Fault::Truncated) => with(StatusCode::OK, whole[..whole.len() / 2].to_owned()),
        Some(Fault::Page) => {
            let mut page = with(StatusCode::OK, "<html><body>Please wait</body></html>".to_owned());
            page.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("text/html"));
            page
        }
        Some(Fault::Dripping) => slowly(whole, Duration::from_millis(100), false),
        Some(Fault::Cut) => slowly(whole, Duration::ZERO, true),
        _ => {
            state.counts.answered(&key, arrived);
            with(StatusCode::OK, whole)
        }
    })
}

fn completion(asked: &Value, said: &str, asked_bytes: usize) -> String {
    let (read, written) = (asked_bytes / 4, said.len() / 4);
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": asked.get("model").unwrap_or(&Value::Null),
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": said, "refusal": null},
            "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    })
    .to_string()
}

/// The first half of a body a byte at a time; then the rest never comes, or the connection is cut.
fn slowly(whole: String, each: Duration, cut: bool) -> Reply {
    let (bytes, frames) = (whole.into_bytes(), tokio::sync::mpsc::channel::<Result<Frame<Bytes>, io::Error>>(2));
    let (send, mut receive) = frames;
    let length = bytes.len();
    tokio::spawn(async move {
        for byte in &bytes[..length / 2] {
            if send.send(Ok(Frame::data(Bytes::copy_from_slice(&[*byte])))).await.is_err() {
                return;
            }
            tokio::time::sleep(each).await;
        }
        if cut {
            let _ = send.send(Err(io::Error::other("cut"))).await;
        } else {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
    });
    let stream = futures::stream::poll_fn(move |context| receive.poll_recv(context));
    let reply = Response::builder().header("content-type", "application/json").header("content-length", length);
    reply.body(BodyExt::boxed(StreamBody::new(stream))).unwrap_or_else(|_| with(StatusCode::OK, String::new()))
}

fn with(status: StatusCode, body: String) -> Reply {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed();
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    reply
}

fn error(status: StatusCode, message: &str) -> Reply {
    with(status, json!({"error": {"message": message, "type": "error", "param": null, "code": null}}).to_string())
}
