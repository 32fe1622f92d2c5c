//! Why a system cannot be asked at all.

use camino::Utf8PathBuf;

/// Told before anything is asked. No message holds a key, or an address with more than its host.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("`{system}` needs the variable `{variable}` of the environment for its {place}, and it is not set")]
    Unset { system: String, variable: String, place: String },
    #[error("the {place} of `{system}` has a `${{` that names no variable")]
    Unnamed { system: String, place: String },
    #[error("the key of `{system}` cannot be read from `{path}`: {cause}")]
    KeyFile { system: String, path: Utf8PathBuf, cause: std::io::Error },
    #[error("the {place} of `{system}` is empty, or holds characters that no header may hold")]
    Unsendable { system: String, place: String },
    #[error("the {place} of `{system}` {what}")]
    Address { system: String, place: String, what: String },
    #[error("`{system}` is at `{host}`, and the contract allows {allowed}")]
    Host { system: String, host: String, allowed: String },
    #[error("`{system}` needs `{path}`: {cause}")]
    File { system: String, path: Utf8PathBuf, cause: String },
    #[error("the {place} of `{system}` is no template: {cause}")]
    Template { system: String, place: String, cause: String },
    #[error("the {place} of `{system}` cannot be used: {cause}")]
    Path { system: String, place: String, cause: String },
    #[error("`{system}` cannot be asked with {what}")]
    Setting { system: String, what: String, now: String },
    #[error("`{system}` runs `{command}`, which {what}")]
    Program { system: String, command: String, what: String },
    #[error("the variable `{variable}` holds no proxy that can be used")]
    Proxy { variable: String },
    #[error("the variable `{variable}` names `{path}`, whose authorities cannot be trusted: {cause}")]
    Authorities { variable: &'static str, path: Utf8PathBuf, cause: String },
    #[error("`{system}` cannot be asked from here: {cause}")]
    Client { system: String, cause: String },
}

impl ProviderError {
    /// What to do now.
    pub fn help(&self) -> String {
        match self {
            ProviderError::Unset { variable, .. } => format!("set it where the run is started: `export {variable}=...`"),
            ProviderError::Unnamed { .. } => "write `${NAME}` with a variable of the environment".to_owned(),
            ProviderError::KeyFile { .. } => "name a file that holds the key and nothing else".to_owned(),
            ProviderError::Unsendable { .. } => "give it in visible ASCII characters, on one line".to_owned(),
            ProviderError::Address { .. } => {
                "write an address such as `https://host/path`, and keep keys in `key: {env: NAME}`".to_owned()
            }
            ProviderError::Host { host, .. } => format!("add `{host}` to the contract's `hosts`, or ask another address"),
            ProviderError::File { .. } => "put the file there, relative to the contract's folder".to_owned(),
            ProviderError::Template { .. } => {
                "templates see `id`, `task`, `input` and `repeat`; write `{{ input.question }}`".to_owned()
            }
            ProviderError::Path { .. } => {
                "write a JSONPath such as `$.answer.text`, or a CEL expression over `reply`".to_owned()
            }
            ProviderError::Setting { now, .. } => now.clone(),
            ProviderError::Program { .. } => {
                "write the program and its arguments as a list; a program with a slash in its name lies in the contract's folder"
                    .to_owned()
            }
            ProviderError::Proxy { .. } => "write `http://host:port` or `socks5h://host:port`, or unset it".to_owned(),
            ProviderError::Authorities { .. } => {
                "name a file of certificates in PEM (`-----BEGIN CERTIFICATE-----`), or unset it".to_owned()
            }
            ProviderError::Client { .. } => "look at the machine's certificates and network settings".to_owned(),
        }
    }
}
