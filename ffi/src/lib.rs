//! The phone side of Wardbook.
//!
//! [`Store`] keeps bytes, [`sync_core::fieldbook`] decides, the host carries one to the other,
//! and a phone app or the terminal says what the officer did.

mod clock;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "sqlite")]
mod store;

pub use clock::{Clock, random};
#[cfg(feature = "sqlite")]
pub use store::{Store, StoreError, StoreKey};
