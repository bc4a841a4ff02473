//! What is exchanged between phone and server, and between phones.

pub mod meet;
pub mod message;
pub mod nonce;

#[cfg(test)]
mod tests;

pub use meet::{Answer, Offer};
pub use message::{
    Clock, JoinRequest, JoinResponse, Receipt, RecordRequest, RecordResponse, SnapshotRequest,
    Stored, SyncRequest, SyncResponse, Want, WireEntry, WireEnvelope,
};
pub use nonce::Nonce;
