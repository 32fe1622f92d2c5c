//! The promise: what work the product does, for whom, on what evidence, under which constraints, and what happens
//! when the answer is not ready. Written before any metric.

mod language;

use language::{is_english, size};

/// The promise as its owner wrote it. A field left out is empty; `check` says what is missing or vague and why.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Promise {
    pub work: String,
    pub for_whom: String,
    pub evidence: Vec<String>,
    pub constraints: Vec<String>,
    pub when_not_ready: String,
}

/// One field that is missing or vague, why, and what a good one looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// `work`, `for`, `evidence`, `constraints` or `when_not_ready`.
    pub field: &'static str,
    pub missing: bool,
    pub why: String,
    pub good: &'static str,
}

/// Words that name no particular thing: a field made of them alone is a category and not a promise.
const GENERIC: &str = "a an and any anyone anything are as at be by can do everyone everybody everything for from get give \
    good has have i in into is it its kind make makes more most need needs of off on one or other our out people please so some \
    someone something stuff that the their them there these they thing things this those to up use used user users various was we \
    what when where which who whoever will with you your all also being been about just very really well much many every each \
    ai agent agents assistant assistants bot bots chatbot copilot llm model models product system tool software app application \
    service services platform solution technology machine smart intelligent answer answers answering assist assists assisting \
    assistance help helps helping helpful support supports supporting handle handles handling provide provides providing respond \
    responds response responses reply deal deals solve solves resolve address serve serves improve improves enhance question \
    questions query queries request requests task tasks issue issues problem problems topic topics inquiry inquiries enquiries \
    customer customers client clients person consumer consumers audience public world general internal external team teams \
    company companies business businesses enterprise enterprises organisation organization organisations organizations \
    information info data knowledge base content document documents documentation docs material materials internet web source \
    sources context available relevant appropriate proper necessary possible required training best better great excellent \
    quality generative genai high accurate accurately accuracy correct correctly right wrong true fast quick quickly efficient efficiently \
    effective friendly polite politely nice professional professionally safe safely secure reliable robust useful consistent \
    clear clearly concise delight delightful satisfied happy amazing experience experiences value always never must should not no \
    only none dont try trying again later sure ensure accordingly gracefully etc state art world-class seamless simple easy \
    hallucinate hallucinates hallucination hallucinations mistake mistakes error errors bad harmful responsible responsibly ethical \
    trustworthy honest transparent respectful bias biased unbiased stay keep follow follows guidelines rules policy policies \
    standard standards practice practices way ways time times day days daily work works working life fallback default tbd todo na \
    n/a nothing unknown depends sorry apologise apologize message generic productivity engagement satisfaction growth innovation insight insights usefulness assistance able best-in-class cutting edge kinds asks ask asking anybody people individuals folks visitors staff employees workforce stakeholders everyday chat conversation conversations job jobs project projects stuff enterprise-grade keep kept bring brings want wants like likes look looks thing nothing none offers offer deliver delivers driven powered enable enables boost boosts whatever situation situations";

/// The same of German, French and Spanish: a field made of them alone is vague there too.
const GENERIC_ELSEWHERE: &str = "alle allen aller alles jeder jeden jedem und oder der die das den dem des ein eine einer einem einen bei mit zu von \
    f\u{fc}r auf in im an als ist sind sein ihre ihren ihr ihnen unsere unseren unser es sich hilft helfen hilfe kunde kunden kundin kundinnen nutzer \
    nutzern nutzerin nutzerinnen benutzer leute menschen personen frage fragen anfrage anfragen anliegen problem probleme problemen thema themen aufgabe \
    aufgaben beantwortet beantworten antwortet antworten unterst\u{fc}tzt unterst\u{fc}tzen vorhandene vorhandenen verf\u{fc}gbare verf\u{fc}gbaren \
    information informationen daten wissen dokumente dokumenten unterlagen immer stets nie niemals freundlich korrekt h\u{f6}flich richtig genau gut schnell sicher \
    hilfreich professionell fehler versucht versuchen einfach noch einmal nochmal sp\u{e4}ter erneut wieder bitte entschuldigt entschuldigung leid tut nichts \
    le la les l un une et ou de du aux \u{e0} au avec leur leurs nos notre tous toutes tout toute aide aider aident clients client clientes utilisateurs \
    utilisateur gens personnes question questions demande demandes probl\u{e8}me probl\u{e8}mes r\u{e9}pondre r\u{e9}pond informations donn\u{e9}es \
    documents disponibles toujours jamais \u{ea}tre est poli polis pr\u{e9}cis exact correct rapide r\u{e9}essayer r\u{e9}essaie plus tard encore \
    d\u{e9}sol\u{e9} rien \
    el los las y o con sus su nuestros nuestras todo todos toda todas ayuda ayudar cliente clientes usuario usuarios gente personas pregunta preguntas \
    consulta consultas problema problemas responder responde informaci\u{f3}n datos documentos siempre nunca ser sea amable educado preciso correcto \
    r\u{e1}pido intentar int\u{e9}ntelo nuevo m\u{e1}s tarde otra vez lo siento nada";

/// Verbs of work that say nothing without what is worked on.
const ABILITIES: &str = "summarise summarises summarising summarize summarizes summarizing translate translates translating write writes writing draft drafts \
    drafting generate generates generating create creates creating classify classifies classifying extract extracts extracting analyse analyses \
    analyze analyzes review reviews explain explains find finds search searches check checks recommend recommends automate automates automating \
    understand understands process processes manage manages optimise optimises optimize optimizes transform transforms chat";

/// What a product is called, whatever it does.
const PRODUCTS: &[&str] = &[
    "assistant",
    "agent",
    "bot",
    "chatbot",
    "copilot",
    "tool",
    "platform",
    "system",
    "solution",
    "app",
    "application",
    "software",
];

/// Words with which the name of a product begins.
const LABELS: &[&str] = &[
    "a",
    "an",
    "the",
    "our",
    "your",
    "ai",
    "llm",
    "smart",
    "intelligent",
    "generative",
    "helpful",
    "virtual",
    "digital",
    "new",
    "best",
    "great",
    "simple",
    "customer",
    "enterprise",
];

/// How a constraint begins that asks for a manner.
const MANNERS: &[&str] = &["be", "stay", "remain", "sound", "feel", "act", "seem"];

/// Marks of a constraint whose violation can be seen.
const BOUNDS: &[&str] = &[
    "never", "always", "must", "only", "no", "not", "within", "at most", "at least", "without", "before", "after",
    "unless", "until", "cite", "cites", "quote", "quotes", "ask", "asks", "name", "names", "confirm", "confirms",
    "don't", "cannot", "may", "every", "each", "any", "refuse", "refuses", "state", "states", "list", "lists", "keep",
    "keeps", "use", "uses", "include", "includes", "show", "shows", "exclude", "redact", "stay", "log", "return",
    "returns", "link", "links", "check", "checks", "leave", "avoid", "do", "give", "mark", "flag", "write", "require",
    "requires",
];

impl Promise {
    /// What is missing or vague; empty where the promise can be held to.
    pub fn unclear(&self) -> Vec<Unclear> {
        let mut found = Vec::new();
        let mut judge = |field, empty: bool, why: Option<&str>, good| {
            if empty {
                found.push(Unclear { field, missing: true, why: "it is missing".to_owned(), good });
            } else if let Some(why) = why {
                found.push(Unclear { field, missing: false, why: why.to_owned(), good });
            }
        };
        let empty = |text: &str| text.trim().is_empty();
        let english = self.is_english();
        // In another language what is long enough may still be made of its commonest words alone.
        let in_words =
            |vague: bool, short: bool, common: bool, why: &'static str, too_short: &'static str| match english {
                true => vague.then_some(why),
                false => short.then_some(too_short).or(common.then_some(why)),
            };
        let common = |texts: &[String]| texts.iter().all(|text| is_common(text));
        let work = match english {
            true => work(&self.work),
            false => in_words(
                false,
                says_no_work(&self.work),
                is_common(&self.work),
                "it names a category of work and no particular work",
                "it is too short to say which work",
            ),
        };
        judge("work", empty(&self.work), work, "answer billing questions from the customer's own account");
        let whom = in_words(
            specific(&self.for_whom) == 0,
            is_a_word(&self.for_whom),
            is_common(&self.for_whom),
            "it names nobody in particular",
            "it is too short to say for whom in particular",
        );
        judge("for", empty(&self.for_whom), whom, "customers on self-serve plans");
        let none = self.evidence.iter().all(|evidence| empty(evidence));
        let vague = in_words(
            self.evidence.iter().all(|evidence| specific(evidence) == 0),
            self.evidence.iter().all(|evidence| is_a_word(evidence)),
            common(&self.evidence),
            "it names no document or state that an answer could be checked against",
            "it is too short to say which document or state",
        );
        judge("evidence", none, vague, "[current billing policy, the customer's account state]");
        let none = self.constraints.iter().all(|constraint| empty(constraint));
        let vague = in_words(
            !self.constraints.iter().any(|constraint| is_observable(constraint)),
            !self.constraints.iter().any(|constraint| is_a_sentence(constraint)),
            common(&self.constraints),
            "no constraint could be seen to be broken",
            "no constraint is long enough to say what would break it",
        );
        judge("constraints", none, vague, "[cite the policy section used, never invent account data]");
        let ready = in_words(
            !is_action(&self.when_not_ready),
            says_no_action(&self.when_not_ready),
            is_common(&self.when_not_ready),
            "it names no action that somebody would see",
            "it is too short to say what is done, and with whom",
        );
        judge(
            "when_not_ready",
            empty(&self.when_not_ready),
            ready,
            "escalate to a billing agent when policy and account state conflict",
        );
        found
    }

    /// Of all fields together: one alone is often too short to tell.
    fn is_english(&self) -> bool {
        let fields = [&self.work, &self.for_whom, &self.when_not_ready].into_iter();
        is_english(fields.chain(&self.evidence).chain(&self.constraints).map(String::as_str))
    }
}

/// Why what stands there is no work.
fn work(text: &str) -> Option<&'static str> {
    let is_ability = |word: &str| ABILITIES.split_whitespace().any(|ability| ability == word);
    let worked_on = words(text).iter().filter(|word| is_specific(word) && !is_ability(word)).count();
    match (worked_on, is_product(text)) {
        (0, _) => Some("it names a category of work and no particular work"),
        (_, true) => Some("it names what the product is, and not what it does"),
        _ => None,
    }
}

/// `an AI assistant for healthcare`: a product and what it is about, and nothing that it does.
fn is_product(text: &str) -> bool {
    let words = words(text);
    let is = |list: &[&str], word: &String| list.contains(&word.as_str());
    let Some(at) = words.iter().position(|word| is(PRODUCTS, word)) else { return false };
    let is_advertised =
        |word: &str| word.starts_with("ai-") || ["-powered", "-driven", "-based"].iter().any(|end| word.ends_with(end));
    let is_named =
        words.first().is_some_and(|first| is(LABELS, first) || is(PRODUCTS, first) || is_advertised(first.as_str()));
    let ends = words.get(at + 1).is_none_or(|next| is(&["for", "of", "in", "on", "with", "across"], next));
    let does =
        |word: &String| is(&["that", "which", "who", "to"], word) || (word.ends_with("ing") && is_specific(word));
    is_named && ends && !words.iter().any(does)
}

/// In a language whose words are not known here: less than an action and what it is done to.
fn says_no_work(text: &str) -> bool {
    let size = size(text);
    size.words < 2 || size.letters < 16
}

/// One word, which names a kind and nothing in particular, unless it is put together of several, or is a name: `EStG`, `SGB5`.
fn is_a_word(text: &str) -> bool {
    let size = size(text);
    let is_name = text.chars().skip(1).any(|c| c.is_uppercase() || c.is_numeric());
    size.words < 2 && size.letters < 14 && !is_name
}

/// Nothing but the commonest words of a language other than English.
fn is_common(text: &str) -> bool {
    words(text).iter().all(|word| GENERIC_ELSEWHERE.split_whitespace().any(|common| common == word))
}

/// Long enough for who does what, or for a number that something is measured by.
fn is_a_sentence(text: &str) -> bool {
    let size = size(text);
    let counts = text.chars().any(char::is_numeric);
    (size.words >= 3 && size.letters >= 12) || (size.words >= 2 && (counts || size.letters >= 16))
}

/// Less than whom it goes to, or what is done with it: of some languages two words say both.
fn says_no_action(text: &str) -> bool {
    let size = size(text);
    size.words < 2 || size.letters < 18
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\'' || c == '/'))
        .map(|word| word.trim_matches(['-', '\'', '/']).trim_end_matches("'s").to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Words that name something in particular.
fn specific(text: &str) -> usize {
    words(text).iter().filter(|word| is_specific(word)).count()
}

fn is_specific(word: &str) -> bool {
    !GENERIC.split_whitespace().any(|generic| generic == word)
}

/// Something in particular, which an answer has or has not, and not only a manner: `be empathetic`.
fn is_observable(constraint: &str) -> bool {
    const FEW: usize = 2;
    let lower = constraint.to_lowercase();
    let words = words(constraint);
    let bounded = BOUNDS
        .iter()
        .any(|bound| if bound.contains(' ') { lower.contains(bound) } else { words.iter().any(|word| word == bound) });
    let counts = lower.chars().any(|c| c.is_ascii_digit());
    let is_manner = words.first().is_some_and(|first| MANNERS.contains(&first.as_str()));
    let asks_for_a_manner = is_manner && words.iter().skip(1).filter(|word| is_specific(word)).count() <= FEW;
    specific(constraint) > 0 && (bounded || counts || !asks_for_a_manner)
}

/// Who or what it goes to is named: no list of verbs knows every way in which work is handed on.
fn is_action(text: &str) -> bool {
    let words = words(text);
    let hands_on = |word: &String| matches!(word.as_str(), "to" | "that" | "which" | "when" | "if" | "for");
    let specific = specific(text);
    words.len() >= 3 && (specific > 1 || specific > 0 && words.iter().any(hands_on))
}

#[cfg(test)]
mod tests;
