//! May this enter? What stands between the bytes of a device and the records.
//!
//! 1. [`intake`]: size, signature, membership, place in the device log. Whatever passes is kept.
//! 2. bytes: one raw change chunk, its operations counted before it is decoded
//!    ([`crate::record::change`]).
//! 3. structure: derived names, a sound place in the record's history
//!    ([`crate::record::history`]).
//! 4. [`policy`]: every path it writes is allowed to that person by the catalogue.
//! 5. merge: the record's document loads, saves and loads again ([`crate::record::document`]).
//!
//! An act is admitted or held whole; [`desk`] judges. What is held is kept, with its reason.

pub mod answers;
pub mod desk;
mod docket;
pub mod held;
pub mod intake;
pub mod policy;
pub mod rewrite;
mod standing;

#[cfg(test)]
mod tests;

pub use answers::{Answers, Named};
pub use desk::{Arrival, Desk, Judgement, Verdict};
pub use docket::Docket;
pub use held::{Code, Held};
