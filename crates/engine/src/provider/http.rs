//! Any endpoint that takes a request and answers with JSON or text.
//!
//! in      a question; address, headers and body as templates
//! out     a request; the parts of its reply, found by their paths
//! errors  an address whose host a question could choose, a template or path that does not compile; a question that lacks what a template
//!         names
//! note    `${NAME}` is filled in where a request is sent, its body included, and stays as it is in what names the request; a reply in which no
//!         path finds an answer is unreadable

use super::endpoint::{Endpoint, Exchange, Target};
use super::fill::{replace, variable};
use super::parts::Paths;
use super::template::{Sight, Templates, Text, Unmade, Within};
use super::{Message, ProviderError, Question, Reply, Request, Secrets, Surroundings, Trouble};
use super::{place, reading};
use domain::system::{Http, Limits, names_a_secret};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::{Map, Value};

pub struct Asking {
    endpoint: Endpoint,
    method: String,
    templates: Templates,
    url: Text,
    headers: Vec<(HeaderName, Text)>,
    /// Headers that are the same for every question.
    usual: HeaderMap,
    /// Without it the question itself is sent.
    body: Option<Shape>,
    reply: Paths,
    /// Scheme, host and port, which no question can change.
    origin: String,
    /// What stands for variables where a request is sent, where its address is shown, and where its headers are.
    sent: Vec<(String, String)>,
    shown: Vec<(String, String)>,
    written: Vec<(String, String)>,
}

/// A value with templates in its texts.
enum Shape {
    Fixed(Value),
    Text(Text),
    /// A text that is one expression alone.
    Expression(String),
    List(Vec<Shape>),
    Fields(Vec<(String, Shape)>),
}

impl Asking {
    /// With its address and what it shares limits by.
    pub fn ready(
        system: &str,
        http: &Http,
        limits: &Limits,
        around: &Surroundings,
        secrets: &mut Secrets,
    ) -> Result<(Self, String, String), ProviderError> {
        let first = origin(system, &http.url, around, secrets)?;
        let mut usual = HeaderMap::new();
        let key = http.key.as_ref().map(|from| place::key(system, from, around)).transpose()?;
        if let Some(key) = &key {
            secrets.add(key);
            usual.insert(AUTHORIZATION, place::sendable(system, "key", &format!("Bearer {key}"))?);
        }
        let mut templates = Templates::default();
        let mut variables = Variables { system, around, names: Vec::new() };
        let broken =
            |place: &str, cause| ProviderError::Template { system: system.to_owned(), place: place.to_owned(), cause };
        let mut add = |within, place: &str, text: &str| {
            let text = variables.named(place, text)?;
            templates.add(within, &text).map_err(|cause| broken(place, cause))
        };
        let url = add(Within::Address, "`url`", &http.url)?;
        let mut headers = Vec::new();
        for (name, text) in &http.headers {
            headers.push((place::header_name(system, name)?, add(Within::Other, &format!("header `{name}`"), text)?));
        }
        let body = match &http.body {
            Value::Null => None,
            body => {
                let body = variables.named_within(body)?;
                Some(shape(&body, &mut templates).map_err(|cause| broken("`body`", cause))?)
            }
        };
        let names = variables.names;
        let shown = shown(http, &names, &first, secrets);
        let written = names.iter().map(|(name, _)| (name.clone(), format!("${{{name}}}"))).collect();
        let reply = Paths::of(system, &http.reply)?;
        let method = Method::from_bytes(http.method.as_bytes()).unwrap_or(Method::POST);
        let endpoint = Endpoint::new(system, method, limits, around)?;
        let origin = first.origin().ascii_serialization();
        let shared = place::shares(&first, key.as_deref());
        let address = super::endpoint::without_query(&first);
        let method = http.method.clone();
        let asking = Asking {
            endpoint,
            method,
            templates,
            url,
            headers,
            usual,
            body,
            reply,
            origin,
            sent: names,
            shown,
            written,
        };
        Ok((asking, address, shared))
    }

    pub fn prepare(&self, question: &Question, repeat: u32) -> Result<Request, String> {
        let sight = Sight::with_environment(&question.example, &self.sent);
        let url = self.templates.render(&self.url, &sight).map_err(|error| format!("`url`: {error}"))?;
        let url = Url::parse(&url).map_err(|_| "`url` is no address".to_owned())?;
        let elsewhere = !url.username().is_empty() || url.password().is_some();
        if url.origin().ascii_serialization() != self.origin || elsewhere {
            return Err("`url` leads to another host".to_owned());
        }
        // Where no variable is named, all three are the same.
        let other =
            |names: &[(String, String)]| (!names.is_empty()).then(|| Sight::with_environment(&question.example, names));
        let (shown, written) = (other(&self.shown), other(&self.written));
        let (shown, written) = (shown.as_ref().unwrap_or(&sight), written.as_ref().unwrap_or(&sight));
        let mut head =
            format!("{} {}", self.method, self.templates.render(&self.url, shown).map_err(|error| error.to_string())?);
        let mut headers = self.usual.clone();
        for (name, text) in &self.headers {
            let of = |error: Unmade| format!("header `{name}`: {error}");
            let mut value = HeaderValue::from_str(&self.templates.render(text, &sight).map_err(of)?)
                .map_err(|_| format!("header `{name}`: it holds characters that no header may hold"))?;
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
            head.push_str(&format!("\n{name}: {}", self.templates.render(text, written).map_err(of)?));
        }
        head.push_str("\n\n");
        let plain = headers.get(CONTENT_TYPE).is_some_and(|kind| !kind.to_str().unwrap_or_default().contains("json"));
        let bytes = |value: Value| match value {
            Value::String(text) if plain => text.into_bytes(),
            value => value.to_string().into_bytes(),
        };
        let (body, named) = match (&self.body, self.method.as_str()) {
            (_, "GET") => (Vec::new(), Vec::new()),
            (Some(shape), _) if !self.sent.is_empty() => {
                (bytes(self.value(shape, &sight)?), bytes(self.value(shape, written)?))
            }
            (shape, _) => {
                let asked = || Ok(Value::Object(asked(question, repeat)));
                let body = bytes(shape.as_ref().map_or_else(asked, |shape| self.value(shape, &sight))?);
                (body.clone(), body)
            }
        };
        if self.method != "GET" && !plain {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        Ok(Request::named(&head, &named, body, Some(Box::new(Target { url, headers }))))
    }

    pub async fn exchange(&self, request: &Request) -> Exchange {
        match &request.target {
            Some(target) => self.endpoint.exchange(target, &request.body).await,
            None => Exchange::none(Trouble::new(super::TroubleKind::Refused, "the request is another system's")),
        }
    }

    pub fn reply(&self, exchange: &mut Exchange, secrets: &Secrets) -> Result<Reply, Trouble> {
        if self.reply.is_none() {
            let kind = reading::content_type(exchange);
            let text = reading::text(exchange, secrets)?;
            if kind == "text/html" && is_page(&text) {
                return Err(Trouble::unreadable("the reply is a page of HTML and no answer"));
            }
            return Ok(Reply { text: Some(text.clone()), raw: text, ..Reply::default() });
        }
        let (said, raw) = reading::json(exchange, secrets, false)?;
        Ok(Reply { raw, ..self.reply.reply(&said)? })
    }

    fn value(&self, shape: &Shape, sight: &Sight) -> Result<Value, String> {
        Ok(match shape {
            Shape::Fixed(value) => value.clone(),
            Shape::Text(text) => self.templates.render(text, sight).map_err(|error| format!("`body`: {error}"))?.into(),
            Shape::Expression(expression) => {
                self.templates.value(expression, sight).map_err(|error| format!("`body`: {error}"))?
            }
            Shape::List(items) => items.iter().map(|item| self.value(item, sight)).collect::<Result<Value, _>>()?,
            Shape::Fields(fields) => {
                let fields = fields.iter().map(|(key, shape)| Ok((key.clone(), self.value(shape, sight)?)));
                Value::Object(fields.collect::<Result<_, String>>()?)
            }
        })
    }
}

/// What stands for each variable where an address is shown. What fills them is a secret from now on, whatever it fills.
fn shown(http: &Http, names: &[(String, String)], first: &Url, secrets: &mut Secrets) -> Vec<(String, String)> {
    let (head, query) = http.url.split_once('?').unwrap_or((&http.url, ""));
    let (written_body, origin) = (http.body.to_string(), first.origin().ascii_serialization());
    let mut shown = Vec::new();
    for (name, value) in names {
        let mark = format!("${{{name}}}");
        let in_header = http.headers.iter().any(|(_, text)| text.contains(&mark));
        if in_header || query.contains(&mark) || written_body.contains(&mark) || names_a_secret(name) {
            secrets.add_value(name, value);
        }
        if head.contains(&mark) {
            secrets.add_in_address(name, value, &origin);
        }
        // A variable that fills both is shown as in the less secret place only up to its query.
        let plain = place::named(value.split('?').next().unwrap_or_default(), secrets);
        shown.push((name.clone(), if head.contains(&mark) && !in_header { plain } else { mark }));
    }
    shown
}

/// A question as an object, where nobody says how it is to be put: for endpoints without a body, and for programs.
pub fn asked(question: &Question, repeat: u32) -> Map<String, Value> {
    let field = |key: &str| question.example.get(key).cloned().unwrap_or(Value::Null);
    Map::from_iter([
        ("example".to_owned(), field("id")),
        ("task".to_owned(), field("task")),
        ("input".to_owned(), field("input")),
        ("messages".to_owned(), question.messages.iter().map(Message::value).collect()),
        ("repeat".to_owned(), repeat.into()),
    ])
}

fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(9).collect::<String>().to_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html")
}

fn shape(value: &Value, templates: &mut Templates) -> Result<Shape, String> {
    Ok(match value {
        Value::String(text) => match templates.expression(text) {
            Some(expression) => Shape::Expression(expression.to_owned()),
            None => match templates.add(Within::Other, text)? {
                Text::Fixed(text) => Shape::Fixed(text.into()),
                template => Shape::Text(template),
            },
        },
        Value::Array(items) => Shape::List(items.iter().map(|item| shape(item, templates)).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| Ok((key.clone(), shape(value, templates)?)));
            Shape::Fields(fields.collect::<Result<_, String>>()?)
        }
        other => Shape::Fixed(other.clone()),
    })
}

/// The address up to its first template, which must hold the whole host.
fn origin(system: &str, text: &str, around: &Surroundings, secrets: &mut Secrets) -> Result<Url, ProviderError> {
    let end = ["{{", "{%", "{#"].iter().filter_map(|mark| text.find(mark)).min();
    let Some(end) = end else { return place::address(system, "url", text, around, secrets) };
    let url = place::address(system, "url", &text[..end], around, secrets)?;
    let filled = super::fill::fill(system, "`url`", &text[..end], around)?.text;
    let after_scheme = filled.split_once("://").map_or("", |(_, rest)| rest);
    if !after_scheme.contains(['/', '?']) {
        return Err(ProviderError::Address {
            system: system.to_owned(),
            place: "`url`".to_owned(),
            what: "has a template in its host, which no question may choose".to_owned(),
        });
    }
    Ok(url)
}

/// Variables of the environment as templates see them.
struct Variables<'a> {
    system: &'a str,
    around: &'a Surroundings<'a>,
    names: Vec<(String, String)>,
}

impl Variables<'_> {
    /// The text with an expression in place of each `${NAME}`.
    fn named(&mut self, place: &str, text: &str) -> Result<String, ProviderError> {
        let unnamed = ProviderError::Unnamed { system: self.system.to_owned(), place: place.to_owned() };
        let put = |name: &str| self.seen(place, name);
        replace(text, put, Some(unnamed))
    }

    /// The same of every text of a body. What begins as a variable and names none is a text like any other there.
    fn named_within(&mut self, value: &Value) -> Result<Value, ProviderError> {
        Ok(match value {
            Value::String(text) => {
                let put = |name: &str| self.seen("`body`", name);
                Value::String(replace(text, put, None)?)
            }
            Value::Array(items) => items.iter().map(|item| self.named_within(item)).collect::<Result<Value, _>>()?,
            Value::Object(fields) => {
                let field = |(key, value): (&String, &Value)| Ok((key.clone(), self.named_within(value)?));
                Value::Object(fields.iter().map(field).collect::<Result<_, ProviderError>>()?)
            }
            other => other.clone(),
        })
    }

    /// The expression that a variable is from now on.
    fn seen(&mut self, place: &str, name: &str) -> Result<String, ProviderError> {
        if !self.names.iter().any(|(known, _)| known == name) {
            self.names.push((name.to_owned(), variable(self.system, place, name, self.around)?));
        }
        Ok(format!("{{{{ environment.{name} }}}}"))
    }
}
