//! Names that models have, and people hardly.
//!
//! note    a name tells who labelled, not what: whoever is called so says `"kind": "human"`. A model under a person's name is found by nobody

/// What names of well-known models begin with.
const FAMILIES: [&str; 40] = [
    "chatgpt",
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
    "o",
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
    let name = name.trim().rsplit('/').next().unwrap_or(name).to_lowercase();
    let mut parts = name.split(['-', '_', ':', '.', '@', ' ']);
    let first = parts.next().unwrap_or("");
    let family = first.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_numbered = |part: &str| part.chars().any(|letter| letter.is_ascii_digit());
    // What has one letter is a model only with its number.
    let is_kind = |part: &str| is_numbered(part) || KINDS.contains(&part);
    FAMILIES.contains(&family) && (is_numbered(first) || (family.len() > 1 && parts.any(is_kind)))
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
