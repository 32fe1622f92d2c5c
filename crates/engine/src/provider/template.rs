//! Templates: prompts, and the texts of requests.
//!
//! in      texts of the contract or a file, compiled once; `id`, `task`, `input`, `repeat`
//! out     text; or the value itself where a text is one `{{ expression }}` alone
//! errors  a text that does not compile; a name that is not there, for nothing undefined is ever sent: with line and expression
//! note    bounded in steps; in an address every value is percent-encoded, so that a question cannot lead elsewhere

use super::fill::percent_encoded;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as Seen};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};
use serde_json::Value;
use std::fmt;

/// Characters of a line that are told.
const SHOWN: usize = 80;
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

/// Why a text could not be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmade {
    pub line: Option<usize>,
    pub what: String,
}

impl fmt::Display for Unmade {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.what)?;
        self.line.map_or(Ok(()), |line| write!(f, " (line {line})"))
    }
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
        // For bodies that are forms; in an address all is encoded anyway.
        environment.add_filter("urlencode", |text: String| percent_encoded(&text));
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
        self.environment
            .add_template_owned(name.clone(), text.to_owned())
            .map_err(|error| unmade(&error).to_string())?;
        Ok(Text::Template(name))
    }

    pub fn render(&self, text: &Text, sight: &Sight) -> Result<String, Unmade> {
        match text {
            Text::Fixed(text) => Ok(text.clone()),
            Text::Template(name) => {
                let template = self.environment.get_template(name).map_err(|error| unmade(&error))?;
                template.render(&sight.0).map_err(|error| self.unmade_at(&error, template.source(), sight))
            }
        }
    }

    /// With what stands on the line: the first expression that is undefined, else the line.
    fn unmade_at(&self, error: &Error, source: &str, sight: &Sight) -> Unmade {
        let mut unmade = unmade(error);
        let Some(line) = unmade.line.and_then(|line| source.lines().nth(line.checked_sub(1)?)) else { return unmade };
        let expressions = line.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0));
        let mut expressions = expressions.map(|inner| inner.trim_matches(['-', '+', ' ']));
        let undefined = |inner: &&str| {
            let compiled = self.environment.compile_expression(inner).ok();
            compiled.is_none_or(|compiled| !compiled.eval(&sight.0).is_ok_and(|value| !value.is_undefined()))
        };
        let found = match expressions.find(undefined).filter(|_| error.kind() == ErrorKind::UndefinedError) {
            Some(inner) => format!("{{{{ {inner} }}}}"),
            None => line.trim().chars().take(SHOWN).collect(),
        };
        unmade.what += &format!(" in `{found}`");
        unmade
    }

    /// What stands in a text that is one expression alone.
    pub fn expression<'a>(&self, text: &'a str) -> Option<&'a str> {
        let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
        self.environment.compile_expression(inner).is_ok().then_some(inner)
    }

    pub fn value(&self, expression: &str, sight: &Sight) -> Result<Value, String> {
        let untold = |error: Error| format!("{} in `{expression}`", unmade(&error).what);
        let value = self.environment.compile_expression(expression).and_then(|compiled| compiled.eval(&sight.0));
        let value = value.map_err(untold)?;
        if value.is_undefined() {
            return Err(format!("`{expression}` is undefined"));
        }
        serde_json::to_value(&value).map_err(|error| format!("`{expression}` is no JSON: {error}"))
    }
}

fn unmade(error: &Error) -> Unmade {
    let what = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    Unmade { line: error.line(), what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(within: Within, text: &str) -> Result<String, String> {
        let mut templates = Templates::default();
        let text = templates.add(within, text)?;
        let sight = Sight::new(&json!({"input": {"q": "a&b/c", "<": 1}, "repeat": 0}));
        templates.render(&text, &sight).map_err(|unmade| unmade.to_string())
    }

    #[test]
    fn text_is_put_in_as_it_is_and_encoded_in_an_address() {
        assert_eq!(rendered(Within::Other, "{{ input.q }} <{{ repeat }}>\n").as_deref(), Ok("a&b/c <0>\n"));
        assert_eq!(rendered(Within::Address, "/{{ input.q }}").as_deref(), Ok("/a%26b%2Fc"));
        assert_eq!(rendered(Within::Other, "q={{ input.q | urlencode }}").as_deref(), Ok("q=a%26b%2Fc"));
        let told = |within, text| rendered(within, text).unwrap_err();
        assert_eq!(told(Within::Address, "/{{ input.none }}"), "undefined value in `{{ input.none }}` (line 1)");
        let text = "{{ input.q }}\nof {{ input.q }}: {{- input.frage | upper -}}\n";
        assert_eq!(told(Within::Other, text), "undefined value in `{{ input.frage | upper }}` (line 2)");
        let text = "{% for a in input.all %}{% endfor %}";
        assert_eq!(told(Within::Other, text), format!("undefined value in `{text}` (line 1)"));
    }

    #[test]
    fn a_template_ends() {
        let nested = "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
        assert_eq!(
            rendered(Within::Other, nested).unwrap_err(),
            format!("engine ran out of fuel in `{}` (line 1)", &nested[..80])
        );
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
