//! The console's pages: the books and the records behind them, to read, print and export.
//!
//! A page is a request, a query and a template: one file a group. [`station`] reads what all pages
//! of a station need, [`sheet`] lays a page of a book out, [`frame`] is what stands around every
//! page. What people wrote passes through [`ink`], and words of ours come from [`words`].

mod assets;
mod book;
pub(crate) mod cards;
mod cited;
pub(crate) mod conflicts;
pub(crate) mod devices;
mod export;
mod filter;
pub(crate) mod forks;
mod frame;
mod guard;
pub(crate) mod held;
mod home;
pub(crate) mod ink;
pub(crate) mod limits;
pub(crate) mod mark;
mod metrics;
pub mod problem;
mod reader;
mod record;
pub(crate) mod records;
mod sheet;
pub(crate) mod station;
pub(crate) mod time;
mod today;
mod value;
pub(crate) mod words;

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
        .route("/s/{station}", get(today::today))
        .route("/s/{station}/books/{book}", get(book::book))
        .route("/s/{station}/records/{record}", get(record::record))
        .route("/s/{station}/records.jsonl", get(export::records_jsonl))
        .route("/s/{station}/records.geojson", get(export::records_geojson))
        .route("/s/{station}/records", get(records::records))
        .route("/s/{station}/limits", get(limits::limits))
        .route("/s/{station}/metrics", get(metrics::page))
        .route("/s/{station}/metrics.json", get(metrics::json))
        .route("/s/{station}/lists/{file}", get(export::list))
        .route("/s/{station}/held", get(held::held))
        .route("/s/{station}/conflicts", get(conflicts::conflicts))
        .route("/s/{station}/devices", get(devices::devices))
        .route("/s/{station}/forks", get(forks::forks))
        .route("/s/{station}/cards", get(cards::cards))
        .route("/assets/{name}", get(assets::asset))
        .route_layer(from_fn(guard::headers))
}
