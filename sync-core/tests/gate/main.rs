//! The gate's properties, by worlds of honest phones and by hostile input.

mod honest;
mod kit;
mod mutants;
