//! The phone as a whole: what it called SAVED survives, and the terminal says what it did.

#[cfg(all(unix, feature = "terminal"))]
mod kill;
#[cfg(feature = "terminal")]
mod station;
#[cfg(feature = "terminal")]
mod terminal;
