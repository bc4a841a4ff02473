//! What is noted of every request: an id, the route, the status, the time. Never an address's
//! parameters, a header or a body: they may name people.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE32_NOPAD;
use tracing::Instrument;

use super::App;
use crate::clock::Stopwatch;
use crate::error::Error;
use crate::messages::Language;
use crate::pages::Reader;
use crate::problem::{self, Face};

const HEADER: &str = "x-request-id";

/// The request's id: the phone's own where it sent one, so that both logs can be laid together.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

pub async fn observe(
    State((app, face)): State<(Arc<App>, Face)>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = carried_id(&request).unwrap_or_else(|| fresh_id(&app));
    let header = HeaderValue::from_str(&id).ok();
    let id = RequestId(id.into());
    let language = request
        .headers()
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let reader = Reader::new(request.uri(), Language::accepted(language));
    let language = reader.language;
    let reads = request.method() == Method::GET && accepts_pages(&request);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = method_name(request.method().as_str());
    let span = tracing::info_span!("request", id = %id.0, method, route);
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(language);

    let time = Stopwatch::start();
    async move {
        let response = next.run(request).await;
        let response = told(response);
        let reader = reads.then_some((&reader, face));
        let mut response = problem::answer(response, language, &id.0, reader);
        if let Some(header) = header {
            response.headers_mut().insert(HEADER, header);
        }
        let (status, took) = (response.status().as_u16(), time.elapsed());
        tracing::debug!(status, ms = took.as_millis() as u64, "answered");
        let labels = [
            ("method", method.to_owned()),
            ("route", route),
            ("status", status.to_string()),
        ];
        metrics::counter!("wardbook_http_requests_total", &labels).increment(1);
        metrics::histogram!("wardbook_http_request_seconds", &labels).record(took.as_secs_f64());
        response
    }
    .instrument(span)
    .await
}

/// An address that could not even be read (`%ff`) is refused before any handler, in words that
/// are no problem of ours.
fn told(response: Response) -> Response {
    let is_ours = response.extensions().get::<Arc<Error>>().is_some();
    match response.status() == StatusCode::BAD_REQUEST && !is_ours {
        true => Error::RequestMalformed {
            what: "the address",
        }
        .into_response(),
        false => response,
    }
}

/// The answer when a handler panicked: the problem is written and logged where all are.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Error::Panicked.into_response()
}

/// Whether somebody sits before it: phones and tools do not ask for HTML.
fn accepts_pages(request: &Request) -> bool {
    let accept = request
        .headers()
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn carried_id(request: &Request) -> Option<String> {
    let id = request.headers().get(HEADER)?.to_str().ok()?;
    let fits = (8..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then(|| id.to_owned())
}

fn fresh_id(app: &App) -> String {
    BASE32_NOPAD
        .encode(&app.clock.entropy()[..10])
        .to_lowercase()
}

/// A client may invent methods without end; a label must not.
fn method_name(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
