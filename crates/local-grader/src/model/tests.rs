use super::*;
use serde_json::json;
use std::collections::BTreeMap;

const WORDS: [&str; 12] =
    ["[UNK]", "[CLS]", "[SEP]", "refund", "money", "back", "cats", "sleep", "dogs", "bark", ".", "!"];

/// A model whose vectors are known: no layers, so that a text is the mean of its words' embeddings, normalised. Words that mean
/// the same lie in one direction.
pub fn small(folder: &Path) {
    let towards = |axis: usize| -> [f32; 8] { std::array::from_fn(|at| if at == axis { 8.0 } else { 0.0 }) };
    let words: Vec<f32> = (0..WORDS.len())
        .flat_map(|word| match word {
            3..=5 => towards(0),
            6 | 7 => towards(1),
            8 | 9 => towards(2),
            _ => [0.0; 8],
        })
        .collect();
    let ones = vec![1.0; 8];
    write(
        folder,
        0,
        &[
            ("embeddings.word_embeddings.weight", &[12, 8], words),
            ("embeddings.position_embeddings.weight", &[6, 8], vec![0.0; 48]),
            ("embeddings.token_type_embeddings.weight", &[2, 8], vec![0.0; 16]),
            ("embeddings.LayerNorm.weight", &[8], ones),
            ("embeddings.LayerNorm.bias", &[8], vec![0.0; 8]),
        ],
    );
}

fn write(folder: &Path, layers: usize, tensors: &[(&str, &[usize], Vec<f32>)]) {
    let config = json!({"model_type": "bert", "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 16, "num_hidden_layers": layers});
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.join("vocab.txt"), WORDS.join("\n")).unwrap();
    let (mut header, mut bytes) = (BTreeMap::new(), Vec::new());
    for (name, shape, numbers) in tensors {
        let start = bytes.len();
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        header.insert(*name, json!({"dtype": "F32", "shape": shape, "data_offsets": [start, bytes.len()]}));
    }
    let header = json!(header).to_string();
    let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes].concat();
    std::fs::write(folder.join("model.safetensors"), file).unwrap();
}

#[test]
fn texts_of_the_same_words_lie_together_at_length_one() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path());
    let model = Model::load(folder.path()).unwrap();
    let (one, other) = (model.embed("Refund!"), model.embed("money. back"));
    assert!((one.dot(&one) - 1.0).abs() < 1e-6);
    assert!(similarity(&one, &other) > 0.99, "{}", similarity(&one, &other));
    assert!(similarity(&one, &model.embed("dogs bark")) < 0.2);
    assert_eq!(similarity(&model.embed(""), &model.embed("")), 0.0);
    // More words than the model has positions.
    assert!(similarity(&one, &model.embed(&"money ".repeat(50))) > 0.99);
}

#[test]
fn folders_that_hold_no_such_model_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path());
    let refused = |what: &str| match Model::load(folder.path()) {
        Err(error) => assert!(error.to_string().contains(what), "{error}"),
        Ok(_) => panic!("{what}"),
    };
    let weights = std::fs::read(folder.path().join("model.safetensors")).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), &weights[..weights.len() - 9]).unwrap();
    refused("is cut");
    std::fs::write(folder.path().join("model.safetensors"), &weights[..20]).unwrap();
    refused("shorter than its header");
    std::fs::write(folder.path().join("config.json"), r#"{"model_type": "bert", "hidden_size": 9, "num_attention_heads": 3, "intermediate_size": 1, "num_hidden_layers": 0}"#).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), &weights).unwrap();
    refused("has another shape than config.json says");
    std::fs::write(folder.path().join("config.json"), r#"{"model_type": "t5"}"#).unwrap();
    refused("only `bert` is known");
}

/// The similarities that the documentation of Sentence Transformers prints for all-MiniLM-L6-v2.
#[test]
fn the_published_similarities_of_a_real_model_come_out() {
    let Some(folder) = std::env::var_os("PLIMSOLL_MINILM") else {
        println!("skipped: PLIMSOLL_MINILM names no folder with all-MiniLM-L6-v2");
        return;
    };
    let model = Model::load(Path::new(&folder)).unwrap();
    let texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    let vectors = texts.map(|text| model.embed(text));
    for (one, other, published) in [(0, 1, 0.6660), (0, 2, 0.1046), (1, 2, 0.1411), (0, 0, 1.0)] {
        let ours = similarity(&vectors[one], &vectors[other]);
        assert!((ours - published).abs() < 1e-4, "{one} {other}: {ours} and not {published}");
    }
}

proptest::proptest! {
    /// Whatever a text holds, its vector has length one, or none.
    #[test]
    fn any_text_has_a_vector(text in ".{0,60}") {
        let folder = tempfile::tempdir().unwrap();
        small(folder.path());
        let vector = Model::load(folder.path()).unwrap().embed(&text);
        let length = vector.dot(&vector);
        proptest::prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-5, "{length}");
    }
}
