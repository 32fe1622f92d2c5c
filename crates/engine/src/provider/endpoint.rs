//! Where a system is asked over HTTP: one client for it, and one exchange within the time limit.
//!
//! in      address, headers and limits, ready; the bytes of a request
//! out     an `Exchange`: status, headers, the whole body or the trouble, and when what came
//! note    bodies end at 64 MB; HTTP/1.1, because one HTTP/2 connection carries only as many calls at once as the other
//!         side likes; nothing is sent on to another host

use super::fill::percent_decoded;
use super::trouble::{self, shown};
use super::{ProviderError, Surroundings, Trouble, TroubleKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::system::Limits;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Method, NoProxy, Proxy, Response, StatusCode, Url, redirect};
use std::fs;
use std::time::{Duration, Instant};

/// Longest body.
const LONGEST: usize = 64 << 20;
/// Shorter than servers keep a connection that waits (uvicorn: 5 s): one that they just closed costs an attempt.
const IDLE: Duration = Duration::from_secs(4);
const REDIRECTS: usize = 5;
/// Names a file of authorities that are trusted besides those of the web, as OpenSSL and what is built on it call it.
const AUTHORITIES: &str = "SSL_CERT_FILE";
/// How proxies are spoken to; `h` leaves it to the proxy to find the host.
const SPOKEN: [&str; 4] = ["http", "https", "socks5", "socks5h"];
const IDENTITY: &str = concat!("plimsoll/", env!("CARGO_PKG_VERSION"));

/// Address and headers of a request. They may hold keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub url: Url,
    pub headers: HeaderMap,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({})", without_query(&self.url))
    }
}

pub struct Endpoint {
    client: Client,
    method: Method,
    limit: Duration,
}

/// What came back.
pub struct Exchange {
    pub status: Option<u16>,
    pub headers: HeaderMap,
    pub first_byte: Option<Duration>,
    pub latency: Duration,
    pub body: Result<Vec<u8>, Trouble>,
}

impl Exchange {
    /// Nothing was sent.
    pub fn none(trouble: Trouble) -> Self {
        let (headers, latency) = (HeaderMap::new(), Duration::ZERO);
        Exchange { status: None, headers, first_byte: None, latency, body: Err(trouble) }
    }
}

impl Endpoint {
    pub fn new(system: &str, method: Method, limits: &Limits, around: &Surroundings) -> Result<Self, ProviderError> {
        let mut builder = Client::builder()
            .user_agent(IDENTITY)
            .http1_only()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(limits.at_once as usize)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::custom(same_place))
            .referer(false)
            .no_proxy();
        for proxy in proxies(around)? {
            builder = builder.proxy(proxy);
        }
        for authority in authorities(around)? {
            builder = builder.add_root_certificate(authority);
        }
        let client = builder.build().map_err(|error| ProviderError::Client {
            system: system.to_owned(),
            cause: trouble::innermost(&error.without_url()),
        })?;
        Ok(Endpoint { client, method, limit: Duration::from_millis(limits.time_limit_ms.max(1)) })
    }

    pub async fn exchange(&self, target: &Target, body: &[u8]) -> Exchange {
        let start = Instant::now();
        let deadline = tokio::time::Instant::from_std(start + self.limit);
        let mut exchange = Exchange::none(self.timed_out("no reply"));
        let mut request = self.client.request(self.method.clone(), target.url.clone()).headers(target.headers.clone());
        if self.method != Method::GET {
            request = request.body(body.to_vec());
        }
        match tokio::time::timeout_at(deadline, request.send()).await {
            Err(_) => {}
            Ok(Err(error)) => exchange.body = Err(trouble::of_error(error)),
            Ok(Ok(mut response)) => {
                exchange.first_byte = Some(start.elapsed());
                exchange.status = Some(response.status().as_u16());
                exchange.headers = std::mem::take(response.headers_mut());
                let body = tokio::time::timeout_at(deadline, whole(response)).await;
                exchange.body = body.unwrap_or_else(|_| Err(self.timed_out("the reply is not whole")));
            }
        }
        exchange.latency = start.elapsed();
        exchange
    }

    fn timed_out(&self, what: &str) -> Trouble {
        Trouble::new(TroubleKind::TimedOut, format!("{what} within {} ms", self.limit.as_millis()))
    }
}

async fn whole(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(trouble::of_error)? {
        if body.len() + chunk.len() > LONGEST {
            return Err(Trouble::new(TroubleKind::Unreadable, "the reply is longer than 64 MB"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Follows only what asks for the same request again at the same scheme, host and port.
fn same_place(attempt: redirect::Attempt) -> redirect::Action {
    let again = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT].contains(&attempt.status());
    let from = attempt.previous().last().map(Url::origin);
    if again && from == Some(attempt.url().origin()) && attempt.previous().len() <= REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

/// The proxies that the environment names, the most particular first.
fn proxies(around: &Surroundings) -> Result<Vec<Proxy>, ProviderError> {
    type Make = fn(&str) -> reqwest::Result<Proxy>;
    const KINDS: [(&str, Make); 3] = [
        ("http_proxy", |address| Proxy::http(address)),
        ("https_proxy", |address| Proxy::https(address)),
        ("all_proxy", |address| Proxy::all(address)),
    ];
    let either = |name: &str| {
        let upper = name.to_uppercase();
        [name, &upper].iter().find_map(|name| (around.environment)(name)).filter(|value| !value.trim().is_empty())
    };
    let except = either("no_proxy").and_then(|list| NoProxy::from_string(&list));
    let mut proxies = Vec::new();
    for (name, make) in KINDS {
        let Some(address) = either(name) else { continue };
        let spoken = address.split_once("://").is_none_or(|(scheme, _)| SPOKEN.contains(&scheme.trim()));
        let refused = || ProviderError::Proxy { variable: name.to_uppercase() };
        let proxy = spoken.then(|| make(address.trim()).ok()).flatten().ok_or_else(refused)?;
        proxies.push(proxy.no_proxy(except.clone()));
    }
    Ok(proxies)
}

/// Authorities that are trusted besides those of the web: a company's own, or that of a proxy which reads along.
fn authorities(around: &Surroundings) -> Result<Vec<Certificate>, ProviderError> {
    let path = (around.environment)(AUTHORITIES).filter(|path| !path.trim().is_empty());
    let Some(path) = path else { return Ok(Vec::new()) };
    let refused =
        |cause: String| ProviderError::Authorities { variable: AUTHORITIES, path: path.clone().into(), cause };
    let text = fs::read(&path).map_err(|error| refused(error.to_string()))?;
    match Certificate::from_pem_bundle(&text) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(refused("it holds no certificate in PEM".to_owned())),
        Err(error) => Err(refused(trouble::innermost(&error))),
    }
}

/// The passwords of proxies, and user and password as they are sent to one: in base64.
pub fn proxy_passwords(around: &Surroundings) -> Vec<String> {
    let names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    let urls = names.iter().filter_map(|name| Url::parse((around.environment)(name)?.trim()).ok());
    let secrets = urls.filter_map(|url| {
        let password = url.password()?;
        let plain = |text: &str| percent_decoded(text).unwrap_or_else(|| text.to_owned());
        let sent = STANDARD.encode(format!("{}:{}", plain(url.username()), plain(password)));
        Some([password.to_owned(), sent])
    });
    secrets.flatten().collect()
}

/// An address as messages show it.
pub fn without_query(url: &Url) -> String {
    let origin = url.origin().ascii_serialization();
    shown(&format!("{origin}{}", url.path()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Secrets;

    #[test]
    fn what_is_sent_to_a_proxy_is_a_secret_in_every_form() {
        let environment =
            |name: &str| (name == "HTTPS_PROXY").then(|| "http://us%40er:p%2Fss%20word@proxy:3128".to_owned());
        let around = Surroundings { folder: ".".into(), environment: &environment, hosts: &[] };
        let mut secrets = Secrets::default();
        proxy_passwords(&around).iter().for_each(|secret| secrets.add(secret));
        for form in ["p%2Fss%20word", "p/ss word", &STANDARD.encode("us@er:p/ss word")] {
            assert_eq!(secrets.redact(&format!("<{form}>")), "<[secret]>", "{form}");
        }
    }
}
