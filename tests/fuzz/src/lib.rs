//! What fuzzers try: each target takes any bytes and panics if something is not as it must be. An ordinary test tries
//! the same targets on what the fuzzers found worth keeping.

pub mod codec;
pub mod desk;
pub mod log;
#[path = "../../src/model.rs"]
pub mod model;
