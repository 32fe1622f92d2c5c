//! Prompts with instructions that a program can check.
//!
//! in      `prompts.jsonl`: key, prompt, instruction_id_list (`group:kind`), kwargs (what each asks)
//! out     an example for each prompt, with `expected.KIND` and the attribute `asks_KIND`; a contract with a criterion for each
//!         kind; a program for the one kind that no expression carries
//! rules   the data holds no answers. To each prompt with one instruction alone two are constructed: one obeys, one does not.
//!         Prompts with several instructions are proposed: they are read, and nothing is asked of them

mod constructed;

use super::Refused;
use super::folder::{From, Line, To};
use constructed::{disobeying, obeying};
use serde_json::{Map, Value, json};

const CONTRACT: &str = include_str!("ifeval/plimsoll.yaml");
const PROGRAM: &str = include_str!("ifeval/two_responses.sh");

/// The signs of a language: its script, or frequent words where it is written in Latin letters; and a sentence in it. Languages
/// that share a script are not told apart.
const LANGUAGES: [(&str, &str, &str); 22] = [
    ("ar", r"\p{Arabic}", "هذا جواب قصير."),
    ("bg", r"\p{Cyrillic}", "Това е кратък отговор."),
    ("bn", r"\p{Bengali}", "এটি একটি ছোট উত্তর।"),
    ("de", r"(?i)\b(?:und|ist|der|die|das)\b", "Das ist eine kurze Antwort."),
    ("fa", r"\p{Arabic}", "این یک پاسخ کوتاه است."),
    ("fi", r"(?i)\b(?:ja|on|ei|se)\b", "Se on lyhyt vastaus."),
    ("gu", r"\p{Gujarati}", "આ એક ટૂંકો જવાબ છે."),
    ("hi", r"\p{Devanagari}", "यह एक छोटा उत्तर है।"),
    ("it", r"(?i)\b(?:che|una|è|di)\b", "Questa è una risposta breve."),
    ("kn", r"\p{Kannada}", "ಇದು ಒಂದು ಚಿಕ್ಕ ಉತ್ತರ."),
    ("ko", r"\p{Hangul}", "이것은 짧은 답입니다."),
    ("mr", r"\p{Devanagari}", "हे एक छोटे उत्तर आहे."),
    ("ne", r"\p{Devanagari}", "यो एउटा छोटो उत्तर हो।"),
    ("pa", r"\p{Gurmukhi}", "ਇਹ ਇੱਕ ਛੋਟਾ ਜਵਾਬ ਹੈ।"),
    ("pt", r"(?i)\b(?:que|uma|é|de)\b", "Esta é uma resposta curta."),
    ("ru", r"\p{Cyrillic}", "Это короткий ответ."),
    ("sw", r"(?i)\b(?:ni|ya|na|wa)\b", "Hili ni jibu fupi."),
    ("ta", r"\p{Tamil}", "இது ஒரு சிறிய பதில்."),
    ("te", r"\p{Telugu}", "ఇది ఒక చిన్న జవాబు."),
    ("th", r"\p{Thai}", "นี่คือคำตอบสั้น ๆ"),
    ("ur", r"\p{Arabic}", "یہ ایک مختصر جواب ہے۔"),
    ("vi", r"(?i)\b(?:là|và|một|của)\b", "Đây là một câu trả lời ngắn."),
];

pub fn convert(from: &From, to: &To) -> Result<String, Refused> {
    let prompts = from.lines("prompts.jsonl")?;
    let (mut examples, mut obey, mut disobey) = (Vec::new(), Vec::new(), Vec::new());
    for prompt in &prompts {
        let asked = instructions(prompt)?;
        let mut example = example(prompt, &asked)?;
        match asked.as_slice() {
            [(_, kind, arguments)] => {
                let id = &example["id"];
                obey.push(json!({"example": id, "text": obeying(kind, arguments)}));
                disobey.push(json!({"example": id, "text": disobeying(kind, arguments)}));
            }
            _ => example["status"] = json!("proposed"),
        }
        examples.push(example);
    }
    to.lines("examples/prompts.jsonl", &examples)?;
    to.lines("answers/obey.jsonl", &obey)?;
    to.lines("answers/disobey.jsonl", &disobey)?;
    to.write("graders/two_responses.sh", PROGRAM)?;
    for (candidate, production) in [("obey", "disobey"), ("disobey", "obey")] {
        let contract = CONTRACT.replace("CANDIDATE", candidate).replace("PRODUCTION", production);
        to.write(&format!("{candidate}-over-{production}.yaml"), &contract)?;
    }
    Ok(format!("{} prompts, {} of them with one instruction and two constructed answers", prompts.len(), obey.len()))
}

/// Group, kind and what is asked, of each instruction.
fn instructions(prompt: &Line) -> Result<Vec<(String, String, Value)>, Refused> {
    let (names, arguments) = (prompt.list("instruction_id_list")?, prompt.list("kwargs")?);
    let one = |(name, arguments): (&Value, &Value)| {
        let (group, kind) = name.as_str()?.split_once(':')?;
        let mut arguments = arguments.clone();
        if let Some(language) = arguments.get("language").and_then(Value::as_str) {
            let (_, signs, sentence) = LANGUAGES.iter().find(|(known, _, _)| *known == language)?;
            arguments = json!({"language": language, "signs": signs, "sentence": sentence});
        }
        Some((group.to_owned(), kind.to_owned(), arguments))
    };
    let read = names.iter().zip(arguments).map(one).collect::<Option<Vec<_>>>();
    read.filter(|read| read.len() == names.len())
        .ok_or_else(|| prompt.lacks("instruction_id_list", "a list of `group:kind`"))
}

fn example(prompt: &Line, asked: &[(String, String, Value)]) -> Result<Value, Refused> {
    let key = prompt.value["key"].as_u64().ok_or_else(|| prompt.lacks("key", "a whole number"))?;
    let mut expected = Map::new();
    let mut attributes = Map::new();
    for (_, kind, arguments) in asked {
        let list = expected.entry(kind.clone()).or_insert_with(|| json!([]));
        list.as_array_mut().map(|list| list.push(arguments.clone())).unwrap_or_default();
        attributes.insert(format!("asks_{kind}"), "yes".into());
    }
    let task = asked.first().map_or("", |(group, _, _)| group);
    Ok(json!({
        "id": key.to_string(), "task": task, "input": prompt.text("prompt")?, "expected": expected, "attributes": attributes,
        "provenance": {"source": "synthetic", "rule": "a prompt of a published benchmark", "weight": 1},
    }))
}
