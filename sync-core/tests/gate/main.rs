//! The gate's properties, by worlds of honest phones and by hostile input.

mod bytes;
mod honest;
mod kit;
mod mutants;
mod rewrite;
mod threats;
