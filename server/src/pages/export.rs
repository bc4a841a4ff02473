//! `/s/{station}/books/{book}.csv` and `.jsonl`: a book as a file, masked as the page is.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sync_core::book::{Page, Period, write_csv, write_jsonl};

use super::reader::Reader;
use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Csv,
    JsonLines,
}

impl Form {
    /// The book's name and the form that its suffix asks for.
    pub fn of(name: &str) -> (&str, Option<Form>) {
        for (suffix, form) in [(".csv", Form::Csv), (".jsonl", Form::JsonLines)] {
            if let Some(name) = name.strip_suffix(suffix) {
                return (name, Some(form));
            }
        }
        (name, None)
    }
}

/// `offset` are the minutes east of UTC in which times are written.
pub fn answer(reader: &Reader, page: &Page, offset: i32, form: Form) -> Result<Response> {
    let (kind, suffix) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "csv"),
        Form::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
    };
    let mut text = Vec::new();
    let written = match form {
        Form::Csv => write_csv(page, reader.catalogue_language(), offset, &mut text),
        Form::JsonLines => write_jsonl(page, &mut text),
    };
    written.map_err(|_| Error::Page)?;
    let period = match &page.period {
        Period::Day(day) => format!("-{day}"),
        Period::Month(month) => format!("-{month}"),
        Period::All => String::new(),
    };
    let name = format!("attachment; filename=\"{}{period}.{suffix}\"", page.book);
    let mut response = ([(CONTENT_TYPE, kind)], text).into_response();
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
