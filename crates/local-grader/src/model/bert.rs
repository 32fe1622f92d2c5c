//! The layers of BERT, forward.
//!
//! in      the numbers of a text's pieces
//! out     a state for each piece
//! errors  while loading: weights that are missing or of another shape
//! source  Vaswani et al. 2017 (attention), Devlin et al. 2019 (embeddings, GELU, normalisation after each half)

use super::ModelError;
use super::weights::Weights;
use ndarray::{Array1, Array2, ArrayView1, Axis, Slice};
use serde_json::Value;
use std::path::Path;

pub struct Bert {
    words: Array2<f32>,
    positions: Array2<f32>,
    /// What is added to every piece of a text that stands alone.
    kind: Array1<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
}

struct Layer {
    query: Dense,
    key: Dense,
    value: Dense,
    out: Dense,
    after_attention: Norm,
    wide: Dense,
    narrow: Dense,
    after: Norm,
}

/// Weights as they are stored, one row for each output.
struct Dense {
    weight: Array2<f32>,
    bias: Array1<f32>,
}

struct Norm {
    weight: Array1<f32>,
    bias: Array1<f32>,
    epsilon: f32,
}

impl Bert {
    pub fn load(config: &Value, weights: &Path) -> Result<Self, ModelError> {
        let number = |key: &str| {
            let number = config.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
            number.ok_or_else(|| ModelError::Other(format!("config.json does not say `{key}`")))
        };
        let activation = config.get("hidden_act").and_then(Value::as_str).unwrap_or("gelu");
        if activation != "gelu" {
            return Err(ModelError::Other(format!("its activation is `{activation}`, and only `gelu` is known here")));
        }
        let (width, heads) = (number("hidden_size")?, number("num_attention_heads")?);
        if width == 0 || heads == 0 || width % heads != 0 {
            return Err(ModelError::Other("its width is no multiple of its heads".to_owned()));
        }
        let inner = number("intermediate_size")?;
        let epsilon = config.get("layer_norm_eps").and_then(Value::as_f64).unwrap_or(1e-12) as f32;
        let weights = Weights::read(weights)?;
        let dense = |name: &str, (from, to): (usize, usize)| -> Result<Dense, ModelError> {
            let weight = weights.shaped(&format!("{name}.weight"), (to, from))?;
            Ok(Dense { weight, bias: weights.vector(&format!("{name}.bias"), to)? })
        };
        let norm = |name: &str| -> Result<Norm, ModelError> {
            let part = |part: &str| weights.vector(&format!("{name}.{part}"), width);
            Ok(Norm { weight: part("weight")?, bias: part("bias")?, epsilon })
        };
        let embeddings = |name: &str| -> Result<Array2<f32>, ModelError> {
            let matrix = weights.matrix(&format!("embeddings.{name}.weight"))?;
            weights.shaped(&format!("embeddings.{name}.weight"), (matrix.nrows(), width))
        };
        let kinds = embeddings("token_type_embeddings")?;
        let kind = kinds.rows().into_iter().next().map(|row| row.to_owned());
        let layer = |at: usize| -> Result<Layer, ModelError> {
            let square = |name: &str| dense(&format!("encoder.layer.{at}.attention.{name}"), (width, width));
            Ok(Layer {
                query: square("self.query")?,
                key: square("self.key")?,
                value: square("self.value")?,
                out: square("output.dense")?,
                after_attention: norm(&format!("encoder.layer.{at}.attention.output.LayerNorm"))?,
                wide: dense(&format!("encoder.layer.{at}.intermediate.dense"), (width, inner))?,
                narrow: dense(&format!("encoder.layer.{at}.output.dense"), (inner, width))?,
                after: norm(&format!("encoder.layer.{at}.output.LayerNorm"))?,
            })
        };
        Ok(Bert {
            words: embeddings("word_embeddings")?,
            positions: embeddings("position_embeddings")?,
            kind: kind.ok_or_else(|| ModelError::Other("its token types are empty".to_owned()))?,
            norm: norm("embeddings.LayerNorm")?,
            layers: (0..number("num_hidden_layers")?).map(layer).collect::<Result<_, _>>()?,
            heads,
        })
    }

    pub fn width(&self) -> usize {
        self.words.ncols()
    }

    pub fn words(&self) -> usize {
        self.words.nrows()
    }

    pub fn positions(&self) -> usize {
        self.positions.nrows()
    }

    /// A row for each piece; there are no more than `positions`, and each is below `words`.
    pub fn states(&self, pieces: &[u32]) -> Array2<f32> {
        let at: Vec<usize> = pieces.iter().map(|piece| *piece as usize).collect();
        let mut states = self.words.select(Axis(0), &at);
        states += &self.positions.slice_axis(Axis(0), Slice::from(..pieces.len()));
        states += &self.kind;
        self.norm.apply(&mut states);
        for layer in &self.layers {
            states = layer.apply(states, self.heads);
        }
        states
    }
}

impl Layer {
    fn apply(&self, states: Array2<f32>, heads: usize) -> Array2<f32> {
        let (query, key, value) = (self.query.apply(&states), self.key.apply(&states), self.value.apply(&states));
        let size = states.ncols() / heads;
        let mut seen = Array2::zeros(states.dim());
        for head in 0..heads {
            let part = Slice::from(head * size..(head + 1) * size);
            let of = |whole: &Array2<f32>| whole.slice_axis(Axis(1), part).to_owned();
            let mut weights = of(&query).dot(&of(&key).t()) / (size as f32).sqrt();
            weights.rows_mut().into_iter().for_each(|row| shares(row.into_slice().unwrap_or_default()));
            seen.slice_axis_mut(Axis(1), part).assign(&weights.dot(&of(&value)));
        }
        let mut states = self.out.apply(&seen) + states;
        self.after_attention.apply(&mut states);
        let mut next = self.narrow.apply(&self.wide.apply(&states).mapv_into(gelu)) + states;
        self.after.apply(&mut next);
        next
    }
}

impl Dense {
    fn apply(&self, states: &Array2<f32>) -> Array2<f32> {
        states.dot(&self.weight.t()) + &self.bias
    }
}

impl Norm {
    fn apply(&self, states: &mut Array2<f32>) {
        for mut row in states.rows_mut() {
            let (mean, variance) = spread(row.view());
            let scale = 1.0 / (variance + self.epsilon).sqrt();
            row.mapv_inplace(|value| (value - mean) * scale);
            row *= &self.weight;
            row += &self.bias;
        }
    }
}

fn spread(row: ArrayView1<f32>) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = row.sum() / count;
    (mean, row.fold(0.0, |sum, value| sum + (value - mean) * (value - mean)) / count)
}

/// Weights that sum to one (softmax).
fn shares(row: &mut [f32]) {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|value| *value = (*value - most).exp());
    let sum: f32 = row.iter().sum();
    row.iter_mut().for_each(|value| *value /= sum);
}

fn gelu(value: f32) -> f32 {
    0.5 * value * (1.0 + libm::erff(value * std::f32::consts::FRAC_1_SQRT_2))
}
