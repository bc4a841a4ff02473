//! What travels: acts packed into a frame, the frame hashed into a signed and chained envelope,
//! envelopes entered in the station's log, and the charter that says who may sign.
//!
//! An envelope is *closed*; pages are *sealed* and personal values *encrypted* elsewhere.

pub mod act;
pub mod chain;
pub mod change;
pub mod charter;
pub mod codec;
pub mod delta;
pub mod frame;
pub mod header;
pub mod log;
pub mod merkle;
pub mod pack;
pub mod sign;
pub mod statement;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use act::{Act, Behalf, MAX_ACT, Original, Part};
pub use charter::{Charter, CharterAt};
pub use codec::{BadBytes, from_bytes, to_bytes};
pub use delta::{BadDelta, CharterDelta, DeviceGrant, Member, ServerKey};
pub use frame::Frame;
pub use header::{Body, Draft, Envelope, MAX_ENVELOPE, Need, Unsigned};
pub use log::{Entry, HeldAct, Seen, SignedHead, TreeHead};
pub use sign::{Signable, Signed, SoftKey, verify};
pub use statement::{Number, Outcome, Statement, Verdict};
