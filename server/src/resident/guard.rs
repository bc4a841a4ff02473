//! What a browser is told beside a resident's page: run no script, ask no other host, show it in no
//! frame, tell nobody where the reader came from.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use data_encoding::BASE64;
use sync_core::ids::Hash;

pub const STYLE: &str = include_str!("../../assets/card.css");
pub const NOTICE: &str = include_str!("../../assets/card-notice.css");
pub const SHEET: &str = include_str!("../../assets/card-sheet.css");

/// Styles stand in the page, so that one answer is all that an old phone waits for; only these
/// very ones count.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = |style: &&str| format!(" 'sha256-{}'", BASE64.encode(&Hash::of(style.as_bytes()).0));
    let styles: String = [STYLE, NOTICE, SHEET].iter().map(hash).collect();
    let policy = format!(
        "default-src 'none'; style-src{styles}; img-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set(response.headers_mut());
    response
}

/// What a browser is told beside a problem: it may be over in a moment.
pub fn problem_head(headers: &mut HeaderMap) {
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    set(headers);
}

fn set(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    for (name, value) in [
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (VARY, "accept-language"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A number that was changed this morning must be the one that is read.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("public, max-age=60"));
}
