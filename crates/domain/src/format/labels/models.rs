//! Names that models have, and people hardly.
//!
//! note    a name tells who labelled, not what: whoever is called so says `"kind": "human"`. A model under a person's name is found by nobody

use crate::system::family_of;

/// Families of well-known models.
const FAMILIES: [&str; 38] = [
    "claude",
    "codestral",
    "command",
    "dbrx",
    "deepseek",
    "devstral",
    "ernie",
    "exaone",
    "falcon",
    "gemini",
    "gemma",
    "glm",
    "gpt",
    "granite",
    "grok",
    "hunyuan",
    "internlm",
    "jamba",
    "kimi",
    "llama",
    "magistral",
    "minimax",
    "ministral",
    "mistral",
    "mixtral",
    "nemotron",
    "nova",
    "olmo",
    "phi",
    "pixtral",
    "qwen",
    "qwq",
    "sonar",
    "starling",
    "titan",
    "vicuna",
    "wizardlm",
    "yi",
];
/// Sizes and kinds of models that stand where others have a number.
const KINDS: [&str; 16] = [
    "chat", "coder", "flash", "haiku", "instruct", "large", "latest", "lite", "mini", "nano", "opus", "pro",
    "reasoner", "small", "sonnet", "turbo",
];

/// Whether a name is that of a model of a known family: `gpt-5.2`, `openai/gpt-4o`, `claude-sonnet-5`, `o3`; not `claude` alone.
pub fn is_model(name: &str) -> bool {
    let name = name.trim().to_lowercase().replace(' ', "-");
    let is_numbered = name.chars().any(|letter| letter.is_ascii_digit());
    let has_kind = name.split(['-', '_', ':', '.', '@']).any(|part| KINDS.contains(&part));
    FAMILIES.contains(&family_of(&name).as_str()) && (is_numbered || has_kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_have_a_family_and_a_number_or_a_kind() {
        for model in [
            "gpt-5.2",
            "GPT-4o",
            "gpt4",
            "openai/gpt-4o-mini",
            "claude-sonnet-5",
            "claude 3 opus",
            "anthropic/claude-opus",
            "o3",
            "o4-mini",
            "gemini-2.5-pro",
            "llama3.1:70b",
            "qwen2.5-72b-instruct",
            "deepseek-chat",
            "mistral-large-latest",
            "phi-4",
            "command-r-08-2024",
            "us.anthropic.claude-3-haiku",
        ] {
            assert!(is_model(model), "{model}");
        }
        for person in [
            "claude",
            "claude.dupont",
            "Claude Monet",
            "reviewer-1",
            "ana",
            "o",
            "o-1",
            "nova",
            "phi",
            "people",
            "gptina-2",
            "r2",
            "mm3",
        ] {
            assert!(!is_model(person), "{person}");
        }
    }
}
