//! Tensors by name, out of a file of safetensors.
//!
//! in      the file: the length of its header (8 bytes, little-endian), the header as JSON (name -> type, shape, place), the numbers
//! out     vectors and matrices of 32-bit numbers
//! errors  what is cut, of another type, of another shape, not finite, or not there
//! source  the format's description in the library `safetensors` of Hugging Face

use super::ModelError;
use ndarray::{Array1, Array2};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub struct Weights {
    path: PathBuf,
    header: Value,
    bytes: Vec<u8>,
    /// Where the numbers begin.
    start: usize,
}

impl Weights {
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let bytes = std::fs::read(path).map_err(|cause| ModelError::Unreadable { path: path.to_owned(), cause })?;
        let broken = |what: &str| ModelError::Broken { path: path.to_owned(), what: what.to_owned() };
        let length = bytes.first_chunk::<8>().map(|length| u64::from_le_bytes(*length));
        let length = length.and_then(|length| usize::try_from(length).ok());
        let header = length.and_then(|length| bytes.get(8..length.checked_add(8)?));
        let header = header.ok_or_else(|| broken("it is shorter than its header says"))?;
        let start = 8 + header.len();
        let header = serde_json::from_slice(header).map_err(|_| broken("its header is no JSON"))?;
        Ok(Weights { path: path.to_owned(), header, bytes, start })
    }

    pub fn matrix(&self, name: &str) -> Result<Array2<f32>, ModelError> {
        let (shape, numbers) = self.tensor(name)?;
        match shape[..] {
            [rows, columns] => Array2::from_shape_vec((rows, columns), numbers)
                .map_err(|_| self.broken(name, "has another size than its shape says")),
            _ => Err(self.broken(name, "is no matrix")),
        }
    }

    /// A matrix of this shape.
    pub fn shaped(&self, name: &str, shape: (usize, usize)) -> Result<Array2<f32>, ModelError> {
        let matrix = self.matrix(name)?;
        if matrix.dim() == shape {
            Ok(matrix)
        } else {
            Err(self.broken(name, "has another shape than config.json says"))
        }
    }

    pub fn vector(&self, name: &str, length: usize) -> Result<Array1<f32>, ModelError> {
        let (_, numbers) = self.tensor(name)?;
        if numbers.len() == length {
            Ok(numbers.into())
        } else {
            Err(self.broken(name, "has another length than config.json says"))
        }
    }

    fn tensor(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>), ModelError> {
        let entry = self.header.get(name).or_else(|| self.header.get(format!("bert.{name}")));
        let entry = entry.ok_or_else(|| self.broken(name, "is not there"))?;
        if entry.get("dtype").and_then(Value::as_str) != Some("F32") {
            return Err(self.broken(name, "is not of 32-bit numbers (F32)"));
        }
        let numbers = |key: &str| -> Option<Vec<usize>> {
            entry.get(key)?.as_array()?.iter().map(|number| usize::try_from(number.as_u64()?).ok()).collect()
        };
        let place = numbers("data_offsets").filter(|place| place.len() == 2);
        let place = place.and_then(|place| Some(self.start.checked_add(place[0])?..self.start.checked_add(place[1])?));
        let bytes = place.and_then(|place| self.bytes.get(place)).ok_or_else(|| self.broken(name, "is cut"))?;
        let values: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(self.broken(name, "holds a number that is not finite"));
        }
        Ok((numbers("shape").unwrap_or_default(), values))
    }

    fn broken(&self, name: &str, what: &str) -> ModelError {
        ModelError::Broken { path: self.path.clone(), what: format!("`{name}` {what}") }
    }
}
