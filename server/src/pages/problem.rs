//! A problem as a page: what went wrong, what was kept, what to do next.

use askama::Template;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};

use super::frame::Frame;
use super::guard;
use super::ink::{Ink, plain};
use super::reader::Reader;
use super::words::Words;
use crate::messages::Message;

#[derive(Debug, Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    w: &'static Words,
    title: Ink,
    kept: Ink,
    todo: Ink,
    request: &'a str,
}

/// What a browser is told beside the page.
pub fn head(headers: &mut HeaderMap) {
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    guard::set(headers);
}

pub fn html(reader: &Reader, message: &Message, request: &str) -> Option<String> {
    let page = ProblemPage {
        frame: Frame::new(reader, plain(&message.title), Vec::new()),
        w: reader.words(),
        title: Ink::label(&message.title),
        kept: Ink::label(&message.kept),
        todo: Ink::label(&message.todo),
        request,
    };
    page.render().ok()
}
