//! What is exchanged between phone and server, and between phones.

mod join_code;
pub mod meet;
pub mod message;
pub mod nonce;

#[cfg(test)]
mod tests;

pub use join_code::{BadCode, CodeProof, Enrolment, Fingerprint, JoinCode};
pub use meet::{Answer, Offer};
pub use message::{
    Clock, JoinRequest, JoinResponse, Receipt, RecordRequest, RecordResponse, SnapshotRequest,
    Stored, SyncRequest, SyncResponse, Want, WireEntry, WireEnvelope,
};
pub use nonce::Nonce;
