//! Style, script and drawings: embedded, and named by their content so that a browser may keep them.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sync_core::ids::Hash;

use crate::error::Error;

const STYLE: &str = include_str!("../../assets/console.css");
const SCRIPT: &str = include_str!("../../assets/console.js");
const ICON: &str = include_str!("../../assets/icon.svg");
const SLASH: &str = include_str!("../../assets/slash.svg");

/// The addresses that pages name.
#[derive(Debug)]
pub struct Addresses {
    pub style: String,
    pub script: String,
    pub icon: String,
}

pub static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| {
    let address = |name: &str, text: &str| {
        let hash = Hash::of(text.as_bytes()).to_string();
        format!("/assets/{name}?v={}", &hash[..12])
    };
    Addresses {
        style: address("console.css", STYLE),
        script: address("console.js", SCRIPT),
        icon: address("icon.svg", ICON),
    }
});

pub async fn asset(Path(name): Path<String>) -> Response {
    // The style names its drawing without what is in it: that may not be kept for ever.
    let kept = match name.as_str() {
        "slash.svg" => "public, max-age=86400",
        _ => "public, max-age=31536000, immutable",
    };
    let (kind, text) = match name.as_str() {
        "console.css" => ("text/css; charset=utf-8", STYLE),
        "console.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        "slash.svg" => ("image/svg+xml", SLASH),
        _ => return Error::NoSuchRoute.into_response(),
    };
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, kept)];
    (headers, text).into_response()
}
