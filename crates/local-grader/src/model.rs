//! A sentence-embedding model of the BERT family, read from its folder.
//!
//! in      a folder with `config.json`, `vocab.txt` and `model.safetensors`; if they are there, `tokenizer_config.json`,
//!         `sentence_bert_config.json` and `1_Pooling/config.json`
//! out     for each text a vector of length one
//! errors  a folder that lacks something, another kind of model, weights that do not fit together
//! source  Devlin et al. 2019 (BERT); Reimers and Gurevych 2019 (Sentence-BERT): the mean over a text's pieces, at length one

mod bert;
mod weights;
mod wordpiece;

use bert::Bert;
use ndarray::Array1;
use serde_json::Value;
use std::path::{Path, PathBuf};
use wordpiece::Pieces;

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read `{}` of the model: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("`{}` of the model cannot be understood: {what}", path.display())]
    Broken { path: PathBuf, what: String },
    #[error("this model cannot be used: {0}")]
    Other(String),
}

pub struct Model {
    bert: Bert,
    pieces: Pieces,
    /// Pieces of a text that are read at once.
    longest: usize,
    /// The first piece stands for the text, and not the mean over all.
    first_piece: bool,
}

impl Model {
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let config = json(&folder.join("config.json"))?;
        let kind = config.get("model_type").and_then(Value::as_str).unwrap_or("unknown");
        if kind != "bert" {
            return Err(ModelError::Other(format!("it is of the kind `{kind}`, and only `bert` is known here")));
        }
        let tokens = optional(&folder.join("tokenizer_config.json"))?;
        let lower = tokens.get("do_lower_case").and_then(Value::as_bool).unwrap_or(true);
        let vocabulary = folder.join("vocab.txt");
        let pieces = Pieces::new(&text(&vocabulary)?, lower)
            .map_err(|what| ModelError::Broken { path: vocabulary, what: what.to_owned() })?;
        let pooling = optional(&folder.join("1_Pooling").join("config.json"))?;
        let pools = |key: &str| pooling.get(key).and_then(Value::as_bool).unwrap_or(false);
        let first_piece = pools("pooling_mode_cls_token");
        if !first_piece && !pooling.is_null() && !pools("pooling_mode_mean_tokens") {
            return Err(ModelError::Other("it pools neither by the mean nor by the first piece".to_owned()));
        }
        let bert = Bert::load(&config, &folder.join("model.safetensors"))?;
        if bert.words() < pieces.count() {
            return Err(ModelError::Other("its vocabulary is larger than its weights".to_owned()));
        }
        let sentence = optional(&folder.join("sentence_bert_config.json"))?;
        let said = sentence.get("max_seq_length").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let longest = usize::try_from(said).unwrap_or(usize::MAX).min(bert.positions()).max(3);
        Ok(Model { bert, pieces, longest, first_piece })
    }

    /// The vector of a text. A text longer than the model reads at once is read in parts, each counted by its length.
    pub fn embed(&self, text: &str) -> Array1<f32> {
        let pieces = self.pieces.of(text);
        let mut sum = Array1::zeros(self.bert.width());
        let parts: Vec<&[u32]> = if pieces.is_empty() { vec![&[]] } else { pieces.chunks(self.longest - 2).collect() };
        for part in parts {
            let framed = self.pieces.framed(part);
            let states = self.bert.states(&framed);
            let of_part = match self.first_piece {
                true => states.row(0).to_owned(),
                false => states.sum_axis(ndarray::Axis(0)) / states.nrows() as f32,
            };
            sum.scaled_add(part.len().max(1) as f32, &at_length_one(of_part));
        }
        at_length_one(sum)
    }
}

/// The cosine of two vectors of length one.
pub fn similarity(one: &Array1<f32>, other: &Array1<f32>) -> f64 {
    f64::from(one.dot(other)).clamp(-1.0, 1.0)
}

fn at_length_one(vector: Array1<f32>) -> Array1<f32> {
    let length = vector.dot(&vector).sqrt();
    if length > 0.0 { vector / length } else { vector }
}

fn text(path: &Path) -> Result<String, ModelError> {
    std::fs::read_to_string(path).map_err(|cause| ModelError::Unreadable { path: path.to_owned(), cause })
}

fn json(path: &Path) -> Result<Value, ModelError> {
    let broken = |error: serde_json::Error| ModelError::Broken { path: path.to_owned(), what: error.to_string() };
    serde_json::from_str(&text(path)?).map_err(broken)
}

/// `null` where there is no such file.
fn optional(path: &Path) -> Result<Value, ModelError> {
    if path.exists() { json(path) } else { Ok(Value::Null) }
}

#[cfg(test)]
pub mod tests;
