//! Systems that are asked, from the contract's text to a reply or a trouble, beside a server that does as it is told.

mod faults;
mod programs;
mod ready;
mod replies;
mod requests;
mod secrets;
mod server;

use camino::Utf8PathBuf;
use domain::system::Live;
use engine::provider::{Attempt, Provider, ProviderError, Question, Request, Secrets, Surroundings};
use serde_json::Value;
use server::Server;
use std::rc::Rc;

/// A folder, variables and hosts; the surroundings of a system.
pub struct World {
    folder: Rc<tempfile::TempDir>,
    pub environment: Vec<(String, String)>,
    pub hosts: Vec<String>,
}

/// A system that is ready, with the keys that it knows.
pub struct Ready {
    pub provider: Provider,
    pub secrets: Secrets,
    /// There as long as the system is.
    _folder: Rc<tempfile::TempDir>,
}

impl World {
    pub fn new() -> Self {
        let environment = vec![("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())];
        World { folder: Rc::new(tempfile::tempdir().unwrap()), environment, hosts: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn file(self, path: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(path), text).unwrap();
        self
    }

    /// Makes the candidate of a contract ready, given what stands after `candidate:`.
    pub fn try_ready(&self, system: &str) -> Result<Ready, ProviderError> {
        let live = live(system);
        let folder = Utf8PathBuf::try_from(self.folder.path().to_owned()).unwrap();
        let environment =
            |name: &str| self.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let around = Surroundings { folder: &folder, environment: &environment, hosts: &self.hosts };
        let mut secrets = Secrets::default();
        let provider = Provider::ready("candidate", &live, &around, &mut secrets)?;
        Ok(Ready { provider, secrets, _folder: Rc::clone(&self.folder) })
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn ready(&self, system: &str) -> Ready {
        self.try_ready(system).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn refused(&self, system: &str) -> String {
        match self.try_ready(system) {
            Ok(_) => panic!("`{system}` is ready"),
            Err(error) => {
                assert!(!error.help().is_empty());
                error.to_string()
            }
        }
    }
}

fn live(system: &str) -> Live {
    let text = format!("plimsoll: 1\nsystems:\n  candidate: {system}\n");
    let parsed = domain::format::contract::parse("plimsoll.yaml".into(), &text);
    let contract = parsed.unwrap_or_else(|faults| panic!("{faults:?}")).contract;
    contract.systems[0].live().cloned().unwrap()
}

impl Ready {
    pub fn request(&self, question: &Question) -> Request {
        self.provider.prepare(question, 0).unwrap()
    }

    pub fn body(&self, question: &Question) -> Value {
        serde_json::from_slice(&self.request(question).body).unwrap()
    }

    pub fn ask(&self, question: &Question) -> Attempt {
        let request = self.request(question);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.provider.attempt(&request, &self.secrets))
    }
}

/// The question of an example given as JSON.
pub fn question(example: Value) -> Question {
    engine::question(&example, 0)
}

pub fn plain() -> Question {
    question(serde_json::json!({"id": "e1", "task": "refund", "input": "Why twice?"}))
}

/// A chat system at a server.
pub fn chat(server: &Server) -> String {
    format!("{{openai: {{base_url: \"{}/v1\", model: m}}, time_limit: 20s}}", server.url())
}
