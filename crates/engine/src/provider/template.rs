//! Templates: prompts, and the texts of requests.
//!
//! in      texts of the contract or a file, compiled once; `id`, `task`, `input`, `repeat`
//! out     text; or the value itself where a text is one `{{ expression }}` alone
//! errors  a text that does not compile; a name that is not there, for nothing undefined is ever sent
//! note    bounded in steps; in an address every value is percent-encoded, so that a question cannot lead elsewhere

use super::fill::percent_encoded;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as Seen};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, escape_formatter};
use serde_json::Value;

/// Steps that one template may take.
const STEPS: u64 = 1_000_000;

pub struct Templates {
    environment: Environment<'static>,
    names: usize,
}

/// A text that is the same for every question, or a template by its name.
pub enum Text {
    Fixed(String),
    Template(String),
}

/// What a template stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Within {
    Address,
    Other,
}

/// What templates see of one question.
pub struct Sight(Seen);

impl Sight {
    pub fn new(example: &Value) -> Self {
        Sight(Seen::from(Serde(example)))
    }

    /// The same with variables of the environment, put into addresses as they are.
    pub fn with_environment(example: &Value, environment: &[(String, String)]) -> Self {
        let variables = environment.iter().map(|(name, value)| (name.as_str(), Seen::from_safe_string(value.clone())));
        let fields = example.as_object().into_iter().flatten();
        let seen = fields.map(|(key, value)| (key.as_str(), Seen::from(Serde(value))));
        Sight(Seen::from_pairs(seen.chain([("environment", Seen::from_pairs(variables))])))
    }
}

const ADDRESS: &str = "address";

impl Default for Templates {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(STEPS));
        // A text is sent with all of it; delimiters as usual cannot be wrong.
        if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_auto_escape_callback(|name| {
            if name.starts_with(ADDRESS) { AutoEscape::Custom(ADDRESS.into()) } else { AutoEscape::None }
        });
        environment.set_formatter(|out, state, value| match state.auto_escape() {
            AutoEscape::Custom(_) if !value.is_safe() => {
                out.write_str(&percent_encoded(&value.to_string())).map_err(Error::from)
            }
            AutoEscape::Custom(_) => out.write_str(&value.to_string()).map_err(Error::from),
            _ => escape_formatter(out, state, value),
        });
        Templates { environment, names: 0 }
    }
}

impl Templates {
    pub fn add(&mut self, within: Within, text: &str) -> Result<Text, String> {
        if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            return Ok(Text::Fixed(text.to_owned()));
        }
        self.names += 1;
        let name = format!("{}{}", if within == Within::Address { ADDRESS } else { "text" }, self.names);
        self.environment.add_template_owned(name.clone(), text.to_owned()).map_err(|error| told(&error))?;
        Ok(Text::Template(name))
    }

    pub fn render(&self, text: &Text, sight: &Sight) -> Result<String, String> {
        match text {
            Text::Fixed(text) => Ok(text.clone()),
            Text::Template(name) => {
                let template = self.environment.get_template(name).map_err(|error| told(&error))?;
                template.render(&sight.0).map_err(|error| told(&error))
            }
        }
    }

    /// What stands in a text that is one expression alone.
    pub fn expression<'a>(&self, text: &'a str) -> Option<&'a str> {
        let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
        self.environment.compile_expression(inner).is_ok().then_some(inner)
    }

    pub fn value(&self, expression: &str, sight: &Sight) -> Result<Value, String> {
        let compiled = self.environment.compile_expression(expression).map_err(|error| told(&error))?;
        let value = compiled.eval(&sight.0).map_err(|error| told(&error))?;
        if value.is_undefined() {
            return Err(format!("`{expression}` is undefined"));
        }
        serde_json::to_value(&value).map_err(|error| format!("`{expression}` is no JSON: {error}"))
    }
}

fn told(error: &Error) -> String {
    let line = error.line().map_or(String::new(), |line| format!(" (line {line})"));
    match error.detail() {
        Some(detail) => format!("{}: {detail}{line}", error.kind()),
        None => format!("{}{line}", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(within: Within, text: &str) -> Result<String, String> {
        let mut templates = Templates::default();
        let text = templates.add(within, text)?;
        templates.render(&text, &Sight::new(&json!({"input": {"q": "a&b/c", "<": 1}, "repeat": 0})))
    }

    #[test]
    fn text_is_put_in_as_it_is_and_encoded_in_an_address() {
        assert_eq!(rendered(Within::Other, "{{ input.q }} <{{ repeat }}>\n").as_deref(), Ok("a&b/c <0>\n"));
        assert_eq!(rendered(Within::Address, "/{{ input.q }}").as_deref(), Ok("/a%26b%2Fc"));
        assert_eq!(rendered(Within::Address, "/{{ input.none }}").unwrap_err(), "undefined value (line 1)");
    }

    #[test]
    fn a_template_ends() {
        let nested = "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
        assert_eq!(rendered(Within::Other, nested).unwrap_err(), "engine ran out of fuel (line 1)");
    }

    #[test]
    fn one_expression_alone_is_a_value() {
        let templates = Templates::default();
        let sight = Sight::new(&json!({"input": {"n": 3, "list": [1, {"a": null}]}}));
        let value = |text| templates.value(templates.expression(text).unwrap_or("none"), &sight);
        assert_eq!(value(" {{ input.list }} "), Ok(json!([1, {"a": null}])));
        assert_eq!(value("{{ input.n + 0.5 }}"), Ok(json!(3.5)));
        assert_eq!(value("{{ {'a': {'b': input.n}} }}"), Ok(json!({"a": {"b": 3}})));
        assert!(value("{{ input.none }}").is_err());
        assert_eq!(templates.expression("{{ input.n }} and {{ input.n }}"), None);
        assert_eq!(templates.expression("n"), None);
    }
}
