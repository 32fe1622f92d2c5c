//! Reads the content of a record for renderers, and makes outside text safe to show.

use crate::app::chain::Kept;
use crate::app::signature;
use domain::contract::money;
use domain::finding::figures::Rounding;
use domain::format::record::numbers;
pub use domain::share::plural;
use domain::share::{signed, with_sign};
use serde_json::{Value, json};

/// A record as renderers see it: content with decimals as numbers.
pub struct Shown {
    pub content: Value,
    pub envelope: Value,
    signed: &'static str,
    /// Overrides of this decision, oldest first.
    overrides: Vec<Kept>,
}

impl Shown {
    pub fn of(kept: &Kept) -> Self {
        Shown {
            content: numbers(&kept.content),
            envelope: kept.envelope.clone(),
            signed: signature::told(kept),
            overrides: Vec::new(),
        }
    }

    /// The same decision with what overrides it.
    pub fn overridden_by(self, overrides: Vec<Kept>) -> Self {
        Shown { overrides, ..self }
    }

    /// Who overrode it, for what, until when and why; the decision stands as it was.
    pub fn overridden(&self) -> Vec<String> {
        let told = |kept: &Kept| {
            let text = |key: &str| kept.content[key].as_str().unwrap_or("");
            let unnamed = match kept.content["author_known"] == Value::Bool(false) {
                true => "; who made the run did not say so, so it may be the same person",
                false => "",
            };
            format!(
                "by {} on {}, until {}: {} ({}{unnamed})",
                text("by"),
                text("scope"),
                text("expires"),
                text("reason"),
                signature::told(kept)
            )
        };
        self.overrides.iter().map(told).collect()
    }

    pub fn text<'a>(&'a self, key: &str) -> &'a str {
        self.content[key].as_str().unwrap_or("")
    }

    pub fn list<'a>(&'a self, key: &str) -> &'a [Value] {
        self.content[key].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// What costs are counted in, without what they are counted per: `USD` of `USD per occurrence`.
    pub fn currency(&self) -> &str {
        self.content["contract"]["currency"].as_str().map_or("", money)
    }

    /// Expected failure cost of the candidate against production, and how it was seen.
    pub fn cost(&self) -> Option<String> {
        let cost = self.content["cost"].as_object()?;
        let figure = |key: &str, rounding: Rounding| {
            cost.get(key).and_then(Value::as_f64).map(|value| grouped(&signed(value, rounding.write(value, 2))))
        };
        let between = match (figure("lower", Rounding::Down), figure("upper", Rounding::Up)) {
            (None, None) => "how far off is not known".to_owned(),
            (lower, upper) => {
                let bound = |bound: Option<String>| bound.unwrap_or_else(|| "unbounded".to_owned());
                format!("{} to {}", bound(lower), bound(upper))
            }
        };
        let judged: Vec<String> = cost
            .get("as_judged")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|name| Some(format!("`{}`", name.as_str()?)))
            .collect();
        let as_judged = match judged.is_empty() {
            true => String::new(),
            false => {
                format!(", with failures by {} as a model sees them, not corrected for its error", judged.join(", "))
            }
        };
        let known = cost.get("known").map(|known| format!("{} of {} examples", known["examples"], known["of"]));
        let Some(delta) = figure("delta", Rounding::Nearest) else {
            let few = known.unwrap_or_else(|| "fewer than two independent conversations".to_owned());
            return Some(format!("expected failure cost unknown: {few} graded in both on all that has a price"));
        };
        let known =
            known.map_or_else(String::new, |known| format!(", of the {known} graded in both on all that has a price"));
        let currency = self.currency();
        Some(format!(
            "{delta} {currency} expected failure cost per 1,000 requests ({between}){known}{as_judged}, had it gone everywhere"
        ))
    }

    /// Whether a system played this part.
    pub fn has(&self, arm: &str) -> bool {
        self.list("systems").iter().any(|system| system["arm"] == arm)
    }

    /// How the findings of the other systems stand; nothing where there are none.
    pub fn others(&self) -> Option<String> {
        let findings: Vec<&Value> =
            self.list("findings").iter().filter(|finding| finding["arm"] != "candidate").collect();
        let has_findings = |arm: &&str| findings.iter().any(|finding| finding["arm"] == *arm);
        let arms: Vec<&str> = ["production", "fallback"].into_iter().filter(has_findings).collect();
        let (open, all) = (findings.iter().filter(|finding| finding["state"] != "holds").count(), findings.len());
        let stand = match (open, all) {
            (_, 0) => return None,
            (0, 1) => "its one finding holds".to_owned(),
            (0, _) => format!("all {all} findings hold"),
            _ => format!("{open} of {all} findings do not hold"),
        };
        Some(format!("{}: {stand}", arms.join(" and ")))
    }

    /// What a route's share is of: traffic, or the set where it was not sampled from traffic and the contract declares no shares.
    pub fn whole(&self, route: &Value) -> &'static str {
        let of_set = self.text("describes").starts_with("this set") && route["declared"] != Value::Bool(true);
        if of_set { "of this set" } else { "of traffic" }
    }

    /// What the shares of all routes are of, as the head of their table says it.
    pub fn whole_of_routes(&self) -> &'static str {
        self.list("routes").first().map_or("of traffic", |route| self.whole(route))
    }

    /// Where a route leads, in words. What is live stays where the candidate does not answer, also where the eval does not hold it.
    pub fn goes_to(&self, route: &Value) -> String {
        let system = route["system"].as_str().unwrap_or("");
        let system = match system {
            "production" if !self.has(system) => "what is live now (not in this eval)",
            system => system,
        };
        let share = route["share"].as_f64().unwrap_or(1.0);
        let at = match share < 1.0 {
            true if self.has("production") => format!(" at {}, production the rest", percent(&route["share"])),
            true => format!(" at {}, what is live now the rest", percent(&route["share"])),
            false => String::new(),
        };
        let stop = if route["stop_accepting"] == Value::Bool(true) { ", stop accepting or change policy" } else { "" };
        format!("{system}{at}{stop}")
    }

    /// What either reading of the answers that reviewers are split on would decide.
    pub fn split(&self) -> Option<&str> {
        self.content["split"]["said"].as_str()
    }

    /// What today's traffic makes of the decision; nothing where it is mixed as the reference set is, or not known.
    pub fn drifted(&self) -> Vec<&str> {
        self.content["drift"]["said"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Of each judged criterion: where its judge was qualified, on what, and until when; and where it was not, and why.
    pub fn judges(&self) -> Vec<String> {
        self.list("judges").iter().map(judged).collect()
    }

    pub fn is_override(&self) -> bool {
        self.content["override_of"].is_string()
    }

    /// What entered and left the reference set since the last decision, and what that did; nothing where it is the same set.
    pub fn since(&self) -> Vec<String> {
        since(&self.content["reference_set"]["since"], self.list("findings"))
    }

    /// The one JSON document that programs read.
    pub fn json(&self) -> Value {
        let mut whole = self.content.clone();
        whole["record"] = json!({
            "id": self.envelope["id"], "time": self.envelope["time"], "author": self.envelope["author"],
            "previous": self.envelope["previous"], "content": self.envelope["content"], "signature": self.envelope["signature"],
        });
        if !self.overrides.is_empty() {
            let told = |kept: &Kept| {
                let mut told = json!({"record": kept.id(), "signed": signature::told(kept)});
                for key in ["by", "scope", "expires", "reason", "author_known"] {
                    told[key] = kept.content[key].clone();
                }
                told
            };
            whole["overrides"] = self.overrides.iter().map(told).collect();
        }
        whole
    }

    /// `signed`, `unsigned`, or what else is to be said of a signature.
    pub fn signed(&self) -> &'static str {
        self.signed
    }
}

/// A p value, which is never 0.
pub fn by_chance(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p {p:.3}") }
}

/// Outside text for a terminal: control characters are shown, never sent.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => " ".to_owned(),
            c if c.is_control() || is_hidden(c) => format!("\\u{{{:x}}}", c as u32),
            c => c.to_string(),
        })
        .collect()
}

/// A sentence of ours for a page, where backticks say nothing.
pub fn unquoted(said: &str) -> String {
    plain(said).replace('`', "")
}

/// JSON for programs that a terminal may show all the same: what would command one, or hide, is escaped; the values are the same.
pub fn json_text(value: &Value) -> String {
    let text = format!("{value:#}\n");
    let stays = |c: char| c == '\n' || !(c.is_control() || is_hidden(c));
    // JSON holds such characters in texts only.
    text.chars().map(|c| if stays(c) { c.to_string() } else { format!("\\u{:04x}", c as u32) }).collect()
}

/// Characters that change the order or hide in what is shown.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A written number with a comma between thousands: `-1,018.14`.
pub fn grouped(written: &str) -> String {
    let digits = written.trim_start_matches(['-', '+']);
    let (sign, whole) = (&written[..written.len() - digits.len()], digits.split('.').next().unwrap_or(digits));
    let mut grouped = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &digits[whole.len()..]
}

/// A share as a percentage.
pub fn percent(value: &Value) -> String {
    value.as_f64().map_or_else(|| "unknown".to_owned(), domain::finding::figures::percent)
}

/// Ids and figures that are shown of what changed.
const SINCE_SHOWN: usize = 5;

fn since(since: &Value, findings: &[Value]) -> Vec<String> {
    let count = |what: &str| since[what]["count"].as_u64().unwrap_or(0);
    let told = ["entered", "left", "changed"].map(|what| {
        let ids: Vec<&str> =
            since[what]["examples"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let count = count(what);
        let more = if count as usize > SINCE_SHOWN { ", ..." } else { "" };
        let shown = ids.into_iter().take(SINCE_SHOWN).collect::<Vec<_>>().join(", ");
        (count > 0).then(|| format!("{count} {what} ({shown}{more})"))
    });
    let told: Vec<String> = told.into_iter().flatten().collect();
    if told.is_empty() {
        return Vec::new();
    }
    let effect = since["effect"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lines = vec![format!("{} since that decision", told.join(", "))];
    // A step in which no example came or went moved nothing.
    let (came, went) = (count("entered") + count("changed") > 0, count("left") + count("changed") > 0);
    lines.extend(effect.iter().take(SINCE_SHOWN).map(|of| {
        let figure = |value: &Value| figure(value, of, findings);
        let kept = |of: &Value| format!(" and {} on the examples of both", figure(&of["before_common"]));
        let then = if went { kept(of) } else { String::new() };
        let both = if went { "those" } else { "the examples of both" };
        let now = if came { format!(", {} on all of now", figure(&of["now"])) } else { String::new() };
        format!(
            "{}, {}: {} then{then}; with these answers {} on {both}{now}",
            of["gate"].as_str().unwrap_or(""),
            of["segment"].as_str().unwrap_or(""),
            figure(&of["before"]),
            figure(&of["common"]),
        )
    }));
    if effect.len() > SINCE_SHOWN {
        lines.push(format!("and figures of {} more", effect.len() - SINCE_SHOWN));
    }
    lines
}

/// A figure of a gate as its finding says it: a difference of passes in points, a rate as a percentage, and anything else as it is.
fn figure(value: &Value, of: &Value, findings: &[Value]) -> String {
    let is_it = |finding: &&Value| {
        finding["arm"] == "candidate" && finding["gate"] == of["gate"] && finding["segment"] == of["segment"]
    };
    let finding = findings.iter().find(is_it).unwrap_or(&Value::Null);
    let is_rate = finding["criterion"].is_string() || finding["rule"] == "within";
    match (value.as_f64(), finding["rule"].as_str()) {
        (None, _) => "unknown".to_owned(),
        (Some(value), Some("not_worse" | "better")) if is_rate => format!("{} points", with_sign(value * 100.0, 1)),
        (Some(_), _) if is_rate => percent(value),
        (Some(value), _) => format!("{value:.4}"),
    }
}

/// The big word.
pub fn headline(decision: &str) -> String {
    decision.replace('_', " ").to_uppercase()
}

fn judged(judged: &Value) -> String {
    let models: Vec<&str> =
        judged["judge"]["models"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let segments: Vec<&Value> = judged["segments"].as_array().into_iter().flatten().collect();
    let name = |segment: &Value| segment["segment"].as_str().unwrap_or("").to_owned();
    let qualified = segments.iter().filter(|segment| segment["qualified"] == Value::Bool(true)).map(|segment| {
        let kappa = segment["kappa"].as_f64().map_or("not defined".to_owned(), |kappa| format!("{kappa:.2}"));
        format!("{} (kappa {kappa}, {} labels)", name(segment), segment["labels"].as_u64().unwrap_or(0))
    });
    let qualified: Vec<String> = qualified.collect();
    let open: Vec<&&Value> = segments.iter().filter(|segment| segment["qualified"] != Value::Bool(true)).collect();
    let mut told = format!("{} by {}: ", judged["criterion"].as_str().unwrap_or(""), models.join(", "));
    if !qualified.is_empty() {
        let until = judged["calibration"]["expires_on"].as_str().unwrap_or("");
        told += &format!("qualified on {}, until {until}", qualified.join(", "));
    }
    if let Some(first) = open.first() {
        let names: Vec<String> = open.iter().map(|segment| name(segment)).collect();
        let apart = if qualified.is_empty() { "" } else { "; " };
        told += &format!("{apart}advisory only on {}: {}", names.join(", "), first["why"].as_str().unwrap_or(""));
    }
    let differing = &judged["differing"];
    if let Some(count) = differing["count"].as_u64() {
        told += &match differing["by"].as_str() {
            Some("panel") => format!("; the panel differs on {count} of {} verdicts", differing["of"]),
            _ => format!("; {count} of {} comparisons changed with the order of the answers", differing["of"]),
        };
    }
    told
}

/// The states of findings, the gravest first.
const GRAVEST_FIRST: [&str; 8] =
    ["failed_never", "failed_guard", "unfit", "breached", "error", "no_data", "not_shown", "holds"];

/// How grave a state is: 0 is the gravest.
pub fn gravity(state: &Value) -> usize {
    GRAVEST_FIRST.iter().position(|known| state == known).unwrap_or(GRAVEST_FIRST.len())
}

/// Findings as a reader wants them: those that block before those that are advisory, the gravest first, else in the contract's order.
pub fn gravest_first(mut findings: Vec<&Value>) -> Vec<&Value> {
    findings.sort_by_key(|finding| (finding["blocking"] != Value::Bool(true), gravity(&finding["state"])));
    findings
}

/// Words of a state.
pub fn words(state: &str) -> String {
    state.replace('_', " ")
}

/// A finding's sentence, with the conversation it hinges on, what happens meanwhile and how little would change a pass. Of a never rule the latter goes without
/// saying: there one failure is all.
pub fn told(finding: &Value) -> String {
    let mut told = finding["reason"].as_str().unwrap_or("").to_owned();
    if let Some(conversation) = finding["hinges_on"].as_str() {
        told += &match finding["code"] == "DOMINATED" {
            true => format!("; the conversation is {conversation}"),
            false => format!("; the result hinges on conversation {conversation}"),
        };
    }
    for beside in ["held_before", "drifted"].iter().filter_map(|key| finding[*key].as_str()) {
        told += &format!("; {beside}");
    }
    if let Some(meanwhile) = finding["meanwhile"].as_str() {
        told += &format!("; {meanwhile}");
    }
    match finding["fragility"].as_u64() {
        Some(grades) if finding["state"] == "holds" && finding["rule"] != "never" => {
            let care = if grades <= 2 { ": handle with care" } else { "" };
            told + &format!("; {} flipped would change this{care}", plural(grades, "grade"))
        }
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (written, read) in [
            ("0.00", "0.00"),
            ("-61.36", "-61.36"),
            ("+895.41", "+895.41"),
            ("-1018.14", "-1,018.14"),
            ("1234567", "1,234,567"),
        ] {
            assert_eq!(grouped(written), read);
        }
    }

    #[test]
    fn the_gravest_finding_that_blocks_stands_first() {
        let finding =
            |gate: &str, state: &str, blocking: bool| json!({"gate": gate, "state": state, "blocking": blocking});
        let all = [
            finding("a", "holds", true),
            finding("b", "breached", false),
            finding("c", "not_shown", true),
            finding("d", "breached", true),
            finding("e", "failed_never", true),
            finding("f", "not_shown", true),
        ];
        let order: Vec<&str> =
            gravest_first(all.iter().collect()).into_iter().filter_map(|finding| finding["gate"].as_str()).collect();
        assert_eq!(order, ["e", "d", "c", "f", "a", "b"], "what is as grave stays in its order");
    }
}
