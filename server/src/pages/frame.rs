//! What every page has around its content.

use askama::Template;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_LANGUAGE;
use axum::response::{Html, IntoResponse, Response};

use super::assets::{ADDRESSES, Addresses};
use super::ink::Ink;
use super::reader::Reader;
use crate::error::{Error, Result};

/// One step of the way from the first page to this one.
#[derive(Debug, Clone)]
pub struct Crumb {
    pub label: Ink,
    pub href: String,
}

impl Crumb {
    pub fn new(label: Ink, href: String) -> Crumb {
        Crumb { label, href }
    }
}

#[derive(Debug)]
pub struct Frame {
    /// For `html lang`.
    pub tag: &'static str,
    pub title: String,
    pub home: String,
    pub crumbs: Vec<Crumb>,
    pub other_language: String,
    pub assets: &'static Addresses,
}

impl Frame {
    /// The frame of a page in the reader's language; the title is plain text.
    pub fn new(reader: &Reader, title: String, crumbs: Vec<Crumb>) -> Frame {
        let words = reader.words();
        Frame {
            tag: match reader.language {
                crate::messages::Language::Zh => "zh-CN",
                crate::messages::Language::En => "en",
            },
            title,
            home: reader.to("/"),
            crumbs,
            other_language: reader.here(&[("lang", &words.other_language_tag)]),
            assets: &ADDRESSES,
        }
    }
}

/// A page as it goes out.
pub fn page(reader: &Reader, template: &impl Template) -> Result<Response> {
    let html = template.render().map_err(|_| Error::Page)?;
    let mut response = Html(html).into_response();
    let language = HeaderValue::from_static(reader.language.tag());
    response.headers_mut().insert(CONTENT_LANGUAGE, language);
    Ok(response)
}
