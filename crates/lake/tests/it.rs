//! Tests of the lake, in one binary: the query engine is linked once.

#[path = "it/corpus.rs"]
mod corpus;
#[path = "it/forged.rs"]
mod forged;
#[path = "it/how.rs"]
mod how;
#[path = "it/imports.rs"]
mod imports;
#[path = "it/oracle.rs"]
mod oracle;
#[path = "../../domain/tests/it/slips.rs"]
mod slips;
