//! One test binary: graders on hand-made cases, on the JSON Schema suite, on the schemas of contract, examples and answers, on tool-call tasks and on instructions.

#[path = "it/contract_schema.rs"]
mod contract_schema;
#[path = "it/graders.rs"]
mod graders;
#[path = "it/json_schema_suite.rs"]
mod json_schema_suite;
#[path = "it/line_schemas.rs"]
mod line_schemas;
#[path = "it/tool_calls.rs"]
mod tool_calls;
