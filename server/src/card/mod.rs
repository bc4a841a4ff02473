//! The posted contact card (公示/联络牌): whom to call, on a stairwell and under `/c/{code}`.
//!
//! A card is a record like any other; this module says what follows from it. [`code`] is what is
//! printed and typed, [`content`] what the record holds, [`standing`] what it counts as today,
//! [`hours`] and [`duty`] whether somebody is there, [`read`] brings all of it together,
//! [`audit`] what is to do, [`wanted`], [`deed`] and [`write`] change it in the server's own name or on a member's behalf.

pub mod audit;
pub mod code;
pub mod content;
pub mod deed;
pub mod duty;
pub mod hours;
pub mod photo;
pub mod qr;
pub mod read;
pub mod standing;
pub mod wanted;
pub mod write;

pub use code::Code;
pub use content::Content;
pub use deed::Deed;
pub use read::Card;
pub use standing::{Standing, State};
pub use wanted::Wanted;

/// The catalogue's name of the kind.
pub const KIND: &str = "contact_card";
