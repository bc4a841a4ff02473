//! A station of officers with phones, driven by a seed, without network or clock.

pub mod edits;
pub mod memory;
pub mod mutate;
pub mod office;
pub mod quiet;
pub mod rng;
pub mod shift;
pub mod station;
pub mod world;

pub use rng::Rng;
pub use shift::Shift;
pub use station::{Station, station};
pub use world::World;
