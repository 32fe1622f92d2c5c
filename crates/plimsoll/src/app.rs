//! What the verbs do, one file a verb, and the few nouns that they share.

pub mod ask;
pub mod chain;
pub mod changed;
pub mod check;
pub mod diff;
pub mod eval;
pub mod elsewhere;
pub mod examples;
pub mod file;
pub mod graders;
pub mod history;
pub mod import;
pub mod init;
pub mod judges;
pub mod overrule;
pub mod rehearse;
pub mod review;
pub mod run;
pub mod sealed;
pub mod sealer;
pub mod signature;
pub mod traces;
pub mod unknown;
pub mod verify;
pub mod weigh;
pub mod work;
