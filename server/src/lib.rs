//! The server of Wardbook: takes in what phones send, makes the official books of it, shows them.
//!
//! From the ground up: [`clock`] and [`config`] (what is read from outside), [`error`],
//! [`messages`] and [`problem`] (what people are told), [`db`] (the store), [`datadir`] (keys and
//! addresses), [`station`], [`officer`], [`invite`] and [`join`] (who is who), [`station_log`] and
//! [`charter`] (what the server says), [`intake`] and [`admission`] (the two steps of what phones
//! send), [`own_acts`], [`hand`] and [`console_step`] (what is written into records at the
//! station), [`replay`], [`rebuild`] and [`verify`]
//! (what the log proves), [`stock`] and [`export`] (whole records in and out), [`card`] (the posted
//! contact card), [`known`] and [`exchange`] (what one phone is answered), [`pages`] (what the
//! console shows), [`resident`] (what anybody may see), [`http`] (listeners, routes), [`demo`] (a
//! day with phones of its own), [`cli`] (the command line).

pub mod admission;
pub mod card;
pub mod charter;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console_step;
pub mod datadir;
pub mod db;
pub mod demo;
pub mod error;
pub mod exchange;
pub mod export;
pub mod hand;
pub mod http;
pub mod intake;
pub mod invite;
pub mod join;
pub mod known;
pub mod messages;
pub mod metrics;
pub mod officer;
pub mod own_acts;
pub mod pages;
pub mod problem;
pub mod rebuild;
pub mod replay;
pub mod resident;
pub mod station;
pub mod station_log;
pub mod stock;
pub mod verify;
