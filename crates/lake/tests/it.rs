//! Tests of the lake, in one binary: the query engine is linked once.

#[path = "it/imports.rs"]
mod imports;
#[path = "it/oracle.rs"]
mod oracle;
