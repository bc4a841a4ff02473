//! The console's pages: the books and the records behind them, to read, print and export.
//!
//! A page is a request, a query and a template: one file a group. [`station`] reads what all pages
//! of a station need, [`sheet`] lays a page of a book out, [`frame`] is what stands around every
//! page. What people wrote passes through [`ink`], and words of ours come from [`words`].

mod assets;
mod book;
mod conflicts;
mod export;
mod frame;
mod guard;
mod held;
mod home;
mod ink;
mod mark;
mod metrics;
mod overview;
pub mod problem;
mod reader;
mod record;
mod sheet;
mod station;
mod time;
mod value;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;

use crate::http::App;

pub use reader::Reader;

/// The pages, for the console alone.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home::home))
        .route("/s/{station}", get(overview::overview))
        .route("/s/{station}/books/{book}", get(book::book))
        .route("/s/{station}/records/{record}", get(record::record))
        .route("/s/{station}/metrics", get(metrics::page))
        .route("/s/{station}/metrics.csv", get(metrics::csv))
        .route("/s/{station}/metrics.json", get(metrics::json))
        .route("/s/{station}/held", get(held::held))
        .route("/s/{station}/conflicts", get(conflicts::conflicts))
        .route("/assets/{name}", get(assets::asset))
        .route_layer(from_fn(guard::headers))
}
