//! A problem as a page: what went wrong, what was kept, what to do next.

use askama::Template;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};

use super::frame::Frame;
use super::guard;
use super::reader::Reader;
use super::words::Words;
use crate::messages::Message;

#[derive(Debug, Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    w: &'static Words,
    title: &'a str,
    kept: &'a str,
    todo: &'a str,
    request: &'a str,
}

/// What a browser is told beside the page.
pub fn head(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    guard::set(headers);
}

pub fn html(reader: &Reader, message: &Message, request: &str) -> Option<String> {
    let page = ProblemPage {
        frame: Frame::new(reader, message.title.clone(), Vec::new()),
        w: reader.words(),
        title: &message.title,
        kept: &message.kept,
        todo: &message.todo,
        request,
    };
    page.render().ok()
}
