//! The gate's properties, by worlds of honest phones and by hostile input.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]
#![expect(
    clippy::disallowed_methods,
    reason = "how long hostile input takes is what is tested, and how much of it one knob says"
)]

mod bytes;
mod copies;
mod honest;
mod kit;
mod mutants;
mod rewrite;
mod shifts;
mod threats;
