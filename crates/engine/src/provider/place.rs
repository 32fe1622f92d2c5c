//! Where a model is asked, and with which headers.
//!
//! in      `base_url`, `headers` and `key` as the contract has them; the environment, the hosts that are allowed
//! out     an address and headers, ready to be sent; the same without keys, for people and for what names a request
//! errors  a variable that is not set, an address that is none, a host that is not allowed, a key that cannot be read or sent
//! note    whatever fills a header or an address is a secret from then on, but for its host and what reads as a name

use super::endpoint::{Target, without_query};
use super::fill::{fill, variable};
use super::messages::VERSION;
use super::{ProviderError, Secrets, Surroundings};
use domain::digest::Digest;
use domain::system::{Chat, ChatApi, KeyFrom};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

/// Longest key.
const LONGEST_KEY: usize = 16 << 10;

pub struct Place {
    pub target: Target,
    key: Option<String>,
    /// The query and the headers as the contract writes them.
    written: String,
}

impl Place {
    pub fn of_model(
        system: &str,
        chat: &Chat,
        around: &Surroundings,
        secrets: &mut Secrets,
    ) -> Result<Self, ProviderError> {
        let mut url = address(system, "base_url", &chat.base_url, around, secrets)?;
        let path = joined(url.path(), chat.api);
        url.set_path(&path);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if chat.api == ChatApi::Messages {
            headers.insert("anthropic-version", HeaderValue::from_static(VERSION));
        }
        let key = match &chat.key {
            Some(from) => Some(key(system, from, around)?),
            None => {
                let usual = if chat.api == ChatApi::Messages { "ANTHROPIC_API_KEY" } else { "OPENAI_API_KEY" };
                variable(system, "key", usual, around).ok()
            }
        };
        if let Some(key) = &key {
            secrets.add(key);
            let (name, text) = match chat.api {
                ChatApi::Messages => (HeaderName::from_static("x-api-key"), key.clone()),
                _ => (AUTHORIZATION, format!("Bearer {key}")),
            };
            headers.insert(name, sendable(system, "key", &text)?);
        }
        let mut written = chat.base_url.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
        for (name, text) in &chat.headers {
            let place = format!("header `{name}`");
            let filled = fill(system, &place, text, around)?;
            for (variable, value) in &filled.values {
                secrets.add_value(&format!("{name} {variable}"), value);
            }
            // What the contract says stands before what is usual.
            headers.insert(header_name(system, name)?, sendable(system, &place, &filled.text)?);
            written.push_str(&format!("\n{}: {text}", name.to_lowercase()));
        }
        Ok(Place { target: Target { url, headers }, key, written })
    }

    pub fn is_openai(&self) -> bool {
        self.target.url.host_str() == Some("api.openai.com")
    }

    pub fn address(&self) -> String {
        without_query(&self.target.url)
    }

    pub fn head(&self, method: &str, secrets: &Secrets) -> String {
        format!("{method} {}{}\n\n", named(&self.address(), secrets), self.written)
    }

    pub fn shares(&self) -> String {
        shares(&self.target.url, self.key.as_deref())
    }
}

/// One account at one address, without its key.
pub fn shares(url: &Url, key: Option<&str>) -> String {
    let origin = url.origin().ascii_serialization();
    let digest = Digest::of_bytes(format!("{origin}\n{}", key.unwrap_or_default()).as_bytes());
    format!("{origin} {}", digest.short())
}

/// `base_url` may end before or after the version that paths of this API start with.
fn joined(base: &str, api: ChatApi) -> String {
    let base = base.trim_end_matches('/');
    let path = match api {
        ChatApi::Completions => "/chat/completions",
        ChatApi::Responses => "/responses",
        ChatApi::Messages if base.ends_with("/v1") => "/messages",
        ChatApi::Messages => "/v1/messages",
    };
    if base.ends_with(path) { base.to_owned() } else { format!("{base}{path}") }
}

/// An address with its variables filled in, which may be asked.
pub fn address(
    system: &str,
    place: &str,
    text: &str,
    around: &Surroundings,
    secrets: &mut Secrets,
) -> Result<Url, ProviderError> {
    let filled = fill(system, &format!("`{place}`"), text, around)?;
    if let Some((_, query)) = text.split_once('?') {
        for (variable, value) in fill(system, place, query, around)?.values {
            secrets.add_value(&variable, &value);
        }
    }
    let url = allowed(system, place, &filled.text, around)?;
    let origin = url.origin().ascii_serialization();
    filled.values.iter().for_each(|(variable, value)| secrets.add_in_address(variable, value, &origin));
    Ok(url)
}

/// An address that a request is named by: what is secret in it by a digest.
pub fn named(address: &str, secrets: &Secrets) -> String {
    let shown = secrets.redact(address);
    if shown == address { shown } else { format!("{shown} {}", Digest::of_bytes(address.as_bytes()).short()) }
}

/// The address that a text is, where the contract allows its host.
pub fn allowed(system: &str, place: &str, text: &str, around: &Surroundings) -> Result<Url, ProviderError> {
    let refuse = |what: &str| ProviderError::Address {
        system: system.to_owned(),
        place: format!("`{place}`"),
        what: what.to_owned(),
    };
    let url = Url::parse(text).map_err(|_| refuse("is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("is neither `https` nor `http`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds a user or password"));
    }
    let Some(host) = url.host_str() else { return Err(refuse("names no host")) };
    let port = url.port_or_known_default();
    if !around.hosts.is_empty() && !around.hosts.iter().any(|rule| meets(host, port, rule)) {
        return Err(ProviderError::Host {
            system: system.to_owned(),
            host: host.to_owned(),
            allowed: around.hosts.join(", "),
        });
    }
    Ok(url)
}

/// `host`, `host:port`, or `*.domain` for every host below it.
fn meets(host: &str, port: Option<u16>, rule: &str) -> bool {
    let plain = |host: &str| host.trim_matches(['[', ']']).to_lowercase();
    let rule = rule.trim();
    if let Some(domain) = rule.strip_prefix("*.") {
        return plain(host).strip_suffix(&plain(domain)).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
    }
    if plain(host) == plain(rule) {
        return true;
    }
    let with_port = rule.rsplit_once(':').and_then(|(host, port)| Some((plain(host), port.parse::<u16>().ok()?)));
    with_port.is_some_and(|(rule, of)| rule == plain(host) && Some(of) == port)
}

pub fn key(system: &str, from: &KeyFrom, around: &Surroundings) -> Result<String, ProviderError> {
    let key =
        match from {
            KeyFrom::Env(name) => variable(system, "key", name, around)?,
            KeyFrom::File(path) => {
                let read = std::fs::read_to_string(around.folder.join(path))
                    .map_err(|cause| ProviderError::KeyFile { system: system.to_owned(), path: path.clone(), cause })?;
                read.trim().to_owned()
            }
        };
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ProviderError::Unsendable { system: system.to_owned(), place: "key".to_owned() });
    }
    Ok(key)
}

pub fn header_name(system: &str, name: &str) -> Result<HeaderName, ProviderError> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| ProviderError::Unsendable {
        system: system.to_owned(),
        place: format!("header name `{}`", super::trouble::shown(name)),
    })
}

/// A header's value that no log shows.
pub fn sendable(system: &str, place: &str, text: &str) -> Result<HeaderValue, ProviderError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| ProviderError::Unsendable { system: system.to_owned(), place: place.to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_named_whole_with_a_port_or_by_their_domain() {
        let meets = |host, rule| meets(host, Some(443), rule);
        assert!(meets("api.example.com", "API.example.com"));
        assert!(meets("api.example.com", "api.example.com:443"));
        assert!(meets("api.example.com", "*.example.com"));
        assert!(meets("[::1]", "::1"));
        assert!(meets("[::1]", "[::1]:443"));
        assert!(!meets("api.example.com", "api.example.com:8443"));
        assert!(!meets("api.example.com.evil.net", "api.example.com"));
        assert!(!meets("evilexample.com", "*.example.com"));
        assert!(!meets("example.com", "*.example.com"));
        assert!(!meets("api.example.com", "example.com"));
    }

    #[test]
    fn a_base_is_joined_with_the_path_of_its_api() {
        assert_eq!(joined("/v1/", ChatApi::Completions), "/v1/chat/completions");
        assert_eq!(joined("/v1/chat/completions", ChatApi::Completions), "/v1/chat/completions");
        assert_eq!(joined("", ChatApi::Messages), "/v1/messages");
        assert_eq!(joined("/v1", ChatApi::Messages), "/v1/messages");
        assert_eq!(joined("/", ChatApi::Responses), "/responses");
    }
}
