//! Tests of the server's parts on both engines. Those on PostgreSQL need one to make databases
//! in: run them through `tests/postgres`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod anew;
mod bad_input;
mod breaches;
mod card;
mod card_desk;
mod card_pages;
mod cli;
mod console_step;
mod crash;
mod deliveries;
mod demo;
mod export;
mod faults;
mod http;
mod kill;
mod lines;
mod lists;
mod members;
mod metrics;
mod middleman;
mod numbers;
mod pages;
mod phone;
mod scene;
mod statements;
mod stock;
mod store;
mod stores;
mod sync;
mod transactions;
mod wire;
