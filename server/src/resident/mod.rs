//! Pages that anybody may see: who scans a posted card has no log-in, an old phone, and a question.
//!
//! They are served where phones reach the server, while the console stays on this machine. They
//! need no script, set no cookie and show nothing beyond what hangs on a wall. [`view`] lays a
//! card out and [`teller`] finds the words, [`card`] answers for it, [`guard`] is what a browser is told beside it.

mod card;
mod guard;
mod teller;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;

use crate::http::App;

pub use guard::problem_head;
pub use view::{Form, print, problem};

/// For `--listen`.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/c/{code}", get(card::card))
        .route("/c/{code}/photo", get(card::photo))
        .route_layer(from_fn(guard::headers))
}
