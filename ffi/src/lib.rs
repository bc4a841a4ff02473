//! The phone side of Wardbook.
//!
//! [`Store`] keeps bytes, [`sync_core::fieldbook`] decides, [`Host`] carries one to the other,
//! and [`Phone`] is what an app, the terminal and the demo ask.

#[cfg(feature = "bindings")]
mod bindings;
mod clock;
#[cfg(feature = "sqlite")]
mod error;
#[cfg(feature = "sqlite")]
pub mod files;
pub mod form;
pub mod forms;
#[cfg(feature = "sqlite")]
mod host;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "sqlite")]
mod keys;
#[cfg(feature = "sqlite")]
mod phone;
mod problem;
#[cfg(feature = "sqlite")]
mod store;

#[cfg(feature = "bindings")]
pub use bindings::*;
pub use clock::{Clock, Stopwatch, random};
#[cfg(feature = "sqlite")]
pub use error::PhoneError;
#[cfg(feature = "sqlite")]
pub use host::{Host, Outcome};
#[cfg(feature = "sqlite")]
pub use keys::Keys;
#[cfg(feature = "sqlite")]
pub use phone::*;
pub use problem::Problem;
#[cfg(feature = "sqlite")]
pub use store::{FILE as STORE_FILE, Store, StoreError, StoreKey};
