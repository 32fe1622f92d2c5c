//! What is asked of a model, and the verdict.
//!
//! in      a request of the protocol: example, answer, and settings
//!         `{"grade": "similar", "to": "expected.answer", "model": "models/minilm", "at_least": 0.8}` or
//!         `{"grade": "grounded", "in": "input.sources", "model": "models/minilm", "at_least": 0.6}`; or texts to be embedded, with
//!         `{"model": "models/minilm"}`
//! out     a reply of the protocol
//! errors  settings that say nothing known, a model that cannot be read, an example without the field: `error` in the reply
//! note    to be similar is not to follow from: a sentence that contradicts a source is as near to it as one that repeats it

use crate::model::{Model, similarity};
use crate::sentences::sentences;
use ndarray::Array1;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

/// Vectors that are kept: the sources of one example are asked for with every answer to it.
const KEPT: usize = 20_000;
const KEYS: [&str; 5] = ["grade", "to", "in", "model", "at_least"];

/// The models that were asked for, and vectors of texts.
#[derive(Default)]
pub struct Models {
    loaded: HashMap<String, Result<Rc<Model>, String>>,
    vectors: HashMap<(String, String), Rc<Array1<f32>>>,
}

impl Models {
    fn vector(&mut self, folder: &str, text: &str) -> Result<Rc<Array1<f32>>, String> {
        let key = (folder.to_owned(), text.to_owned());
        if let Some(vector) = self.vectors.get(&key) {
            return Ok(vector.clone());
        }
        let load = || Model::load(&PathBuf::from(folder)).map(Rc::new).map_err(|error| error.to_string());
        let model = self.loaded.entry(folder.to_owned()).or_insert_with(load).clone()?;
        if self.vectors.len() >= KEPT {
            self.vectors.clear();
        }
        let vector = Rc::new(model.embed(text));
        self.vectors.insert(key, vector.clone());
        Ok(vector)
    }
}

/// The reply to a request.
pub fn reply(models: &mut Models, request: &Value) -> Value {
    let said = match request.get("embed") {
        Some(texts) => embedded(models, request, texts),
        None => verdict(models, request),
    };
    let mut reply = match said {
        Ok(said) => said,
        Err(why) => json!({ "error": why }),
    };
    reply["id"] = request.get("id").cloned().unwrap_or_default();
    reply
}

/// The vectors of texts, in their order. A text that says nothing has one of zeros.
fn embedded(models: &mut Models, request: &Value, texts: &Value) -> Result<Value, String> {
    let folder = request.pointer("/settings/model").and_then(Value::as_str);
    let folder = folder.ok_or("`settings.model` must name the folder of a model")?;
    let texts: Option<Vec<&str>> =
        texts.as_array().map(|texts| texts.iter().map(Value::as_str).collect()).unwrap_or_default();
    let mut vectors = Vec::new();
    for text in texts.ok_or("`embed` must be a list of texts")? {
        let vector = models.vector(folder, text)?;
        vectors.push(match text.trim() {
            "" => vec![0.0; vector.len()],
            _ => vector.to_vec(),
        });
    }
    Ok(json!({ "vectors": vectors }))
}

fn verdict(models: &mut Models, request: &Value) -> Result<Value, String> {
    let settings = request.get("settings").and_then(Value::as_object).ok_or("`settings` are missing")?;
    if let Some(unknown) = settings.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{unknown}` is no setting; settings here: {}", KEYS.join(", ")));
    }
    let text = |key: &str| settings.get(key).and_then(Value::as_str);
    let folder = text("model").ok_or("`settings.model` must name the folder of a model")?;
    let at_least = match settings.get("at_least") {
        None => None,
        Some(value) => Some(
            value
                .as_f64()
                .filter(|bar| (0.0..=1.0).contains(bar))
                .ok_or("`settings.at_least` must be a number from 0 to 1")?,
        ),
    };
    let answer = request.pointer("/answer/text").and_then(Value::as_str).unwrap_or_default();
    match text("grade") {
        Some("similar") => {
            similar(models, folder, &texts(request, text("to").unwrap_or("expected.answer"))?, answer, at_least)
        }
        Some("grounded") => {
            let bar =
                at_least.ok_or("`settings.at_least` must say how near a source a sentence must be, from 0 to 1")?;
            grounded(models, folder, &texts(request, text("in").unwrap_or("input.sources"))?, answer, bar)
        }
        _ => Err("`settings.grade` must be `similar` or `grounded`".to_owned()),
    }
}

/// How near the answer is to the nearest of some texts: true or false where a bar is given, else the similarity itself.
fn similar(
    models: &mut Models,
    folder: &str,
    to: &[String],
    answer: &str,
    at_least: Option<f64>,
) -> Result<Value, String> {
    if to.is_empty() {
        return Ok(json!({"not_applicable": "there is no text to compare with"}));
    }
    if answer.trim().is_empty() {
        return Ok(json!({"value": false, "reason": "the answer says nothing"}));
    }
    let said = models.vector(folder, answer)?;
    let mut most = f64::NEG_INFINITY;
    for text in to {
        most = most.max(similarity(&said, models.vector(folder, text)?.as_ref()));
    }
    let reason = format!("similarity {most:.3}");
    Ok(match at_least {
        Some(bar) if most >= bar => json!({"value": true, "reason": reason}),
        Some(bar) => json!({"value": false, "reason": format!("{reason}, below {bar}")}),
        None => json!({"value": most.max(0.0), "reason": reason}),
    })
}

/// The share of the answer's sentences that come near enough to a sentence of the sources.
fn grounded(models: &mut Models, folder: &str, sources: &[String], answer: &str, bar: f64) -> Result<Value, String> {
    let said = sentences(answer);
    if said.is_empty() {
        return Ok(json!({"not_applicable": "the answer says nothing"}));
    }
    let mut known = Vec::new();
    for sentence in sources.iter().flat_map(|source| sentences(source)) {
        known.push(models.vector(folder, sentence)?);
    }
    if known.is_empty() {
        return Ok(json!({"not_applicable": "there is no source"}));
    }
    let (mut near, mut least) = (0, (f64::INFINITY, ""));
    for sentence in &said {
        let vector = models.vector(folder, sentence)?;
        let most = known.iter().map(|source| similarity(&vector, source)).fold(f64::NEG_INFINITY, f64::max);
        near += usize::from(most >= bar);
        if most < least.0 {
            least = (most, sentence);
        }
    }
    let shown: String = least.1.chars().take(120).collect();
    let reason = format!("{near} of {} sentences are near a source; least ({:.3}): {shown}", said.len(), least.0);
    Ok(json!({"value": near as f64 / said.len() as f64, "reason": reason}))
}

/// The texts at a field of the example: one, a list, or a list of objects with a `text`.
fn texts(request: &Value, field: &str) -> Result<Vec<String>, String> {
    let pointer = format!("/example/{}", field.replace('.', "/"));
    let value = request.pointer(&pointer).filter(|value| !value.is_null());
    let value = value.ok_or_else(|| format!("the example has no `{field}`"))?;
    let text = |value: &Value| value.as_str().or_else(|| value.get("text")?.as_str()).map(str::to_owned);
    let list = match value {
        Value::Array(items) => items.iter().map(text).collect::<Option<Vec<_>>>(),
        _ => text(value).map(|text| vec![text]),
    };
    list.ok_or_else(|| format!("`{field}` of the example is neither text nor a list of texts"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::small;

    fn asked(settings: Value, answer: &str) -> Value {
        let folder = tempfile::tempdir().unwrap();
        small(folder.path());
        let mut settings = settings;
        settings["model"] = folder.path().to_str().unwrap().into();
        let example = json!({
            "expected": {"answer": "money back", "none": []},
            "input": {"sources": [{"id": "p", "text": "Refund money. Cats sleep."}]},
        });
        reply(
            &mut Models::default(),
            &json!({"id": 7, "example": example, "answer": {"text": answer}, "settings": settings}),
        )
    }

    #[test]
    fn an_answer_in_other_words_is_similar_and_one_about_something_else_is_not() {
        let similar = json!({"grade": "similar", "to": "expected.answer", "at_least": 0.8});
        assert_eq!(asked(similar.clone(), "refund")["value"], true);
        let other = asked(similar.clone(), "cats");
        assert_eq!((&other["value"], &other["id"]), (&json!(false), &json!(7)));
        assert!(other["reason"].as_str().unwrap().contains("below 0.8"), "{other}");
        assert_eq!(asked(similar, " ")["value"], false);
        let value = asked(json!({"grade": "similar"}), "money back")["value"].as_f64().unwrap();
        assert!((value - 1.0).abs() < 1e-6, "{value}");
    }

    #[test]
    fn the_share_of_sentences_near_a_source_is_told_with_the_least_of_them() {
        let reply =
            asked(json!({"grade": "grounded", "in": "input.sources", "at_least": 0.9}), "Money. Dogs bark. Cats!");
        assert_eq!(reply["value"], 2.0 / 3.0);
        let reason = reply["reason"].as_str().unwrap();
        assert!(reason.starts_with("2 of 3 sentences") && reason.ends_with(": Dogs bark."), "{reason}");
    }

    #[test]
    fn texts_have_vectors_in_their_order_and_what_says_nothing_has_zeros() {
        let folder = tempfile::tempdir().unwrap();
        small(folder.path());
        let ask = |texts: Value, settings: Value| {
            reply(&mut Models::default(), &json!({"id": 3, "embed": texts, "settings": settings}))
        };
        let settings = json!({"model": folder.path().to_str().unwrap()});
        let told = ask(json!(["refund", " ", "money"]), settings.clone());
        let vector = |at: usize| -> Vec<f64> {
            told["vectors"][at].as_array().unwrap().iter().map(|part| part.as_f64().unwrap()).collect()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        assert_eq!((told["id"].as_u64(), vector(1)), (Some(3), vec![0.0; 8]));
        assert!(dot(&vector(0), &vector(2)) > 0.99, "{told}");
        for (texts, settings, why) in [
            (json!("refund"), settings.clone(), "`embed` must be a list of texts"),
            (json!([1]), settings, "`embed` must be a list of texts"),
            (json!(["refund"]), json!({}), "`settings.model` must name"),
            (json!(["refund"]), json!({"model": "not/there"}), "cannot read `not/there/config.json`"),
        ] {
            let told = ask(texts, settings);
            assert!(told["error"].as_str().unwrap().contains(why), "{told}");
        }
    }

    #[test]
    fn settings_that_cannot_be_meant_and_fields_that_are_not_there_are_errors() {
        for (settings, why) in [
            (json!({"grade": "similar", "atleast": 1}), "`atleast` is no setting"),
            (json!({"grade": "near"}), "must be `similar` or `grounded`"),
            (json!({"grade": "grounded"}), "`settings.at_least` must say"),
            (json!({"grade": "similar", "at_least": 80}), "a number from 0 to 1"),
            (json!({"grade": "similar", "to": "expected.text"}), "the example has no `expected.text`"),
        ] {
            let reply = asked(settings, "x");
            assert!(reply["error"].as_str().unwrap().contains(why), "{reply}");
        }
        let reply = asked(json!({"grade": "similar", "to": "expected.none"}), "x");
        assert_eq!(reply["not_applicable"], "there is no text to compare with");
        let settings = json!({"grade": "similar", "model": "not/there"});
        let reply = reply_to(&settings);
        assert!(reply["error"].as_str().unwrap().contains("cannot read `not/there/config.json`"), "{reply}");
    }

    /// What the guide tells to pipe into the program.
    #[test]
    fn the_documented_request_is_graded() {
        let guide = include_str!("../../../docs/guides/local-models.md");
        let request = guide.split("\necho '").nth(1).and_then(|rest| rest.split("' | ").next()).expect("a command");
        let mut request: Value = serde_json::from_str(request).expect("JSON");
        let folder = tempfile::tempdir().unwrap();
        small(folder.path());
        request["settings"]["model"] = folder.path().to_str().unwrap().into();
        let reply = reply(&mut Models::default(), &request);
        assert!(reply["value"].is_number() && reply["id"] == request["id"], "{reply}");
        assert!(reply["reason"].as_str().is_some_and(|reason| reason.starts_with("similarity ")), "{reply}");
    }

    fn reply_to(settings: &Value) -> Value {
        reply(
            &mut Models::default(),
            &json!({"example": {"expected": {"answer": "x"}}, "answer": {"text": "x"}, "settings": settings}),
        )
    }
}
