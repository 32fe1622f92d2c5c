//! A system that fails as told: an OpenAI-compatible server on loopback whose faults are a function of seed, request and attempt.
//!
//! in      `Faults`; what to answer to a request (a function of its body), else an answer made from its key
//! out     `POST .../chat/completions`, `GET /stats`, `POST /reset`; counts of everything it was asked
//! errors  a port that is taken
//! note    a request's key is its model and the text between `[id:` and `]` in its body, else a hash of the body. Whatever the order and number
//!         of clients, the same attempts at the same keys meet the same faults, so that two clients can be compared on them

mod counts;
mod serve;

pub use counts::Counts;

use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Shares of attempts that go wrong, each in its way; the rest is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    pub seed: u64,
    /// How long an answer takes.
    pub delay: Duration,
    /// 429 with `Retry-After`.
    pub turned_away: f64,
    pub retry_after: Duration,
    /// 500.
    pub broken: f64,
    /// Half of the JSON.
    pub truncated: f64,
    /// Nothing for a long time.
    pub stalled: f64,
    pub stall: Duration,
    /// A page of HTML with 200.
    pub page: f64,
    /// One byte at a time, slower than anybody waits.
    pub dripping: f64,
    /// The connection is cut in the middle of the body.
    pub cut: f64,
    /// The connection is reset before any answer.
    pub reset: f64,
    /// From this attempt at a key on nothing goes wrong.
    pub attempts: u32,
}

impl Default for Faults {
    fn default() -> Self {
        Faults {
            seed: 1,
            delay: Duration::ZERO,
            turned_away: 0.0,
            retry_after: Duration::from_secs(1),
            broken: 0.0,
            truncated: 0.0,
            stalled: 0.0,
            stall: Duration::from_secs(3600),
            page: 0.0,
            dripping: 0.0,
            cut: 0.0,
            reset: 0.0,
            attempts: u32::MAX,
        }
    }
}

/// What goes wrong with one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    TurnedAway,
    Broken,
    Truncated,
    Stalled,
    Page,
    Dripping,
    Cut,
    Reset,
}

impl Faults {
    fn of(&self, key: &str, attempt: u32) -> Option<Fault> {
        if attempt >= self.attempts {
            return None;
        }
        let shares = [
            (self.turned_away, Fault::TurnedAway),
            (self.broken, Fault::Broken),
            (self.truncated, Fault::Truncated),
            (self.stalled, Fault::Stalled),
            (self.page, Fault::Page),
            (self.dripping, Fault::Dripping),
            (self.cut, Fault::Cut),
            (self.reset, Fault::Reset),
        ];
        let drawn = unit(mixed(self.seed ^ hash(key.as_bytes()).rotate_left(17) ^ (u64::from(attempt) << 48)));
        let mut below = 0.0;
        shares
            .into_iter()
            .find(|(share, _)| {
                below += share;
                drawn < below
            })
            .map(|(_, fault)| fault)
    }
}

/// What the server says to a request that nothing happens to: the content of the message.
pub type Says = Arc<dyn Fn(&Value) -> String + Send + Sync>;

/// A server that runs until it is dropped.
pub struct Server {
    address: SocketAddr,
    counts: Arc<Counts>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Server {
    /// Starts on a free port, or on the one given.
    pub fn start(faults: Faults, port: u16, says: Option<Says>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let counts = Arc::new(Counts::default());
        let listener = runtime.block_on(serve::listen(port))?;
        let address = listener.local_addr()?;
        let state = serve::State { faults, says: says.unwrap_or_else(|| Arc::new(usual)), counts: Arc::clone(&counts) };
        runtime.spawn(serve::serve(listener, Arc::new(state)));
        Ok(Server { address, counts, runtime: Some(runtime) })
    }

    /// `http://127.0.0.1:PORT/v1`
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// An answer that depends on the key alone; where structured output is asked for, a judge's verdict on such an answer.
fn usual(request: &Value) -> String {
    if request.get("response_format").is_some() {
        const STATE: &str = "request is approved";
        let shown = request.to_string();
        let (quotes, verdict) = if shown.contains(STATE) { (vec![STATE], "pass") } else { (Vec::new(), "fail") };
        let said =
            serde_json::json!({"reasoning": "seen", "quotes": quotes, "verdict": verdict, "failure_class": null});
        return said.to_string();
    }
    let key = key(request.to_string().as_bytes());
    let drawn = hash(key.as_bytes());
    serde_json::json!({
        "answer": format!("Answer for {key}: request is {}.", ["approved", "pending", "declined"][(drawn % 3) as usize]),
        "citations": [format!("doc-{}", drawn % 5000)],
        "confidence": (drawn % 1000) as f64 / 1000.0,
    })
    .to_string()
}

fn key(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let tagged = text.split_once("[id:").and_then(|(_, rest)| rest.split_once(']')).map(|(key, _)| key);
    let tagged = tagged.filter(|key| key.len() < 64).map_or_else(|| format!("{:016x}", hash(body)), str::to_owned);
    let model = text.split_once("\"model\":\"").and_then(|(_, rest)| rest.split_once('"')).map(|(model, _)| model);
    format!("{}/{tagged}", model.unwrap_or(""))
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The last step of SplitMix64.
fn mixed(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(z: u64) -> f64 {
    (z >> 11) as f64 / (1u64 << 53) as f64
}

/// `cargo xtask faulty [--port N] [--delay-ms N] [--seed N] [--turned-away SHARE] ...` serves until its input ends.
pub fn main(words: &[&str]) -> bool {
    match order(words).and_then(|(faults, port)| Server::start(faults, port, None).map_err(|error| error.to_string())) {
        Ok(server) => {
            println!("{}", server.base_url());
            let mut nothing = String::new();
            while std::io::stdin().read_line(&mut nothing).is_ok_and(|read| read > 0) {}
            true
        }
        Err(what) => {
            eprintln!("error: {what}");
            false
        }
    }
}

fn order(words: &[&str]) -> Result<(Faults, u16), String> {
    let (mut faults, mut port) = (Faults::default(), 0);
    for pair in words.chunks(2) {
        let [name, value] = pair else { return Err(format!("`{}` has no value", pair.join(" "))) };
        let number: f64 = value.parse().map_err(|_| format!("`{value}` is no number"))?;
        let time = Duration::try_from_secs_f64(number / 1000.0).map_err(|error| error.to_string());
        match *name {
            "--port" => port = number as u16,
            "--seed" => faults.seed = number as u64,
            "--delay-ms" => faults.delay = time?,
            "--turned-away" => faults.turned_away = number,
            "--retry-after-ms" => faults.retry_after = time?,
            "--broken" => faults.broken = number,
            "--truncated" => faults.truncated = number,
            "--stalled" => faults.stalled = number,
            "--stall-ms" => faults.stall = time?,
            "--page" => faults.page = number,
            "--dripping" => faults.dripping = number,
            "--cut" => faults.cut = number,
            "--reset" => faults.reset = number,
            "--attempts" => faults.attempts = number as u32,
            _ => return Err(format!("`{name}` is not known")),
        }
    }
    Ok((faults, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_those_that_were_asked_for_and_the_same_every_time() {
        let faults = Faults { turned_away: 0.1, broken: 0.03, stalled: 0.01, ..Default::default() };
        let count = |wanted: Option<Fault>| (0..20_000).filter(|n| faults.of(&format!("k{n}"), 0) == wanted).count();
        assert!((1_850..2_150).contains(&count(Some(Fault::TurnedAway))));
        assert!((520..690).contains(&count(Some(Fault::Broken))));
        assert!((150..250).contains(&count(Some(Fault::Stalled))));
        assert_eq!(count(Some(Fault::Page)), 0);
        assert_eq!(faults.of("k", 3), faults.of("k", 3));
        let calm = Faults { turned_away: 1.0, attempts: 2, ..Default::default() };
        assert_eq!((calm.of("k", 1), calm.of("k", 2)), (Some(Fault::TurnedAway), None));
    }

    #[test]
    fn a_key_is_the_tag_or_a_hash() {
        assert_eq!(key(br#"{"model":"m","content":"[id:r000007] what?"}"#), "m/r000007");
        assert_eq!(key(b"abc").len(), 17);
    }
}
