//! The eval that is run against the real model: questions that it can sometimes answer, and two prompts.

use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

/// Question, and a word of the answer.
const QUESTIONS: [(&str, &str); 12] = [
    ("What is the capital of France?", "Paris"),
    ("What is the capital of Italy?", "Rome"),
    ("What is the capital of Japan?", "Tokyo"),
    ("What colour is the sky on a clear day?", "blue"),
    ("How many days has a week?", "seven"),
    ("What is two plus two?", "four"),
    ("Which planet do we live on?", "Earth"),
    ("Which animal barks?", "dog"),
    ("What is frozen water called?", "ice"),
    ("What do bees make?", "honey"),
    ("Which season comes after winter?", "spring"),
    ("What is the opposite of hot?", "cold"),
];

const PROMPTS: [(&str, &str); 2] = [
    ("prompts/candidate.txt", "You answer questions in one short sentence.\n"),
    ("prompts/production.txt", "You are a helpful assistant. Answer the question, and explain your answer.\n"),
];

/// Writes the eval anew; the number of its examples.
pub fn write(home: &Path, url: &str) -> Result<usize, String> {
    let failed = |error: std::io::Error| format!("cannot write the eval into {}: {error}", home.display());
    if home.exists() {
        std::fs::remove_dir_all(home).map_err(failed)?;
    }
    std::fs::create_dir_all(home.join("prompts")).map_err(failed)?;
    std::fs::create_dir_all(home.join("examples")).map_err(failed)?;
    for (path, text) in PROMPTS {
        std::fs::write(home.join(path), text).map_err(failed)?;
    }
    let mut examples = String::new();
    for (at, (question, word)) in QUESTIONS.iter().enumerate() {
        let example = json!({
            "id": format!("q-{:02}", at + 1), "task": "question", "input": {"messages": [{"role": "user", "content": question}]},
            "expected": {"word": word}, "provenance": {"source": "synthetic", "probability": 1},
        });
        // Writing to memory does not fail.
        let _ = writeln!(examples, "{example}");
    }
    std::fs::write(home.join("examples/questions.jsonl"), examples).map_err(failed)?;
    std::fs::write(home.join("plimsoll.yaml"), contract(url)).map_err(failed)?;
    Ok(QUESTIONS.len())
}

fn contract(url: &str) -> String {
    let system = |name: &str| {
        format!(
            "  {name}:\n    openai: {{base_url: \"{url}\", model: smollm2, prompt: prompts/{name}.txt, temperature: 0, max_tokens: 32}}\n    \
             at_once: 1\n    time_limit: 5min\n"
        )
    };
    format!(
        "# Shows that a real model is asked. Its verdicts mean nothing: the model is too small, the set too.\n\
         plimsoll: 1\nname: real-model\nsimulated: true\n\n\
         promise:\n  work: answer one-word questions of general knowledge in a sentence\n  for: the people who work on this program\n  \
         evidence: [the table of known answers]\n  constraints: [never answer in more than one sentence]\n  when_not_ready: answer with the longer prompt\n\n\
         release: a shorter prompt\n\nowners:\n  release: release captain\n\ntasks: [question]\n\n\
         failures:\n  wrong_source: {{cost: 1, owner: release}}\n  format_violation: {{cost: 1, owner: release}}\n\n\
         criteria:\n  right:\n    describe: names what is asked for\n    protects: [wrong_source]\n    \
         grade: {{contains: {{any: expected.word, ignore: [case]}}}}\n  \
         short:\n    describe: says it in at most 20 words\n    protects: [format_violation]\n    \
         grade: {{length: {{words: {{at_least: 1, at_most: 20}}}}}}\n\n\
         systems:\n{}{}\n\
         gates:\n  - {{criterion: right, in: all, not_worse_than: production, by: 30%, else: ask a larger model, owner: release}}\n  \
         - {{criterion: short, in: all, at_least: 50%, else: repair the prompt, owner: release}}\n",
        system("candidate"),
        system("production"),
    )
}
