//! Tests of the server's parts on both engines. Those on PostgreSQL need one to make databases
//! in: run them through `tests/postgres`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod anew;
mod card;
mod card_desk;
mod card_pages;
mod cli;
mod crash;
mod demo;
mod export;
mod faults;
mod http;
mod kill;
mod members;
mod metrics;
mod middleman;
mod pages;
mod phone;
mod statements;
mod stock;
mod store;
mod sync;
mod transactions;
