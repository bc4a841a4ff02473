//! What every page has around its content.

use askama::Template;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_LANGUAGE;
use axum::response::{Html, IntoResponse, Response};

use super::assets::{ADDRESSES, Addresses};
use super::ink::{Ink, typed};
use super::reader::Reader;
use super::station::Shown;
use super::words::Words;
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

/// Which of a station's pages is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Today,
    Records,
    Limits,
    Held,
    Conflicts,
    Devices,
    Metrics,
    Cards,
    /// A book, a record, or what is reached from another page.
    Elsewhere,
}

/// A link to another page of the station.
#[derive(Debug)]
pub struct NavItem {
    pub label: &'static str,
    pub href: String,
    pub is_here: bool,
}

#[derive(Debug)]
pub struct Frame {
    /// For `html lang`.
    pub tag: &'static str,
    pub title: String,
    pub home: String,
    pub crumbs: Vec<Crumb>,
    pub nav: Vec<NavItem>,
    /// Where the search box sends its words; none where there is nothing to search.
    pub search: Option<String>,
    pub find: String,
    /// The language, for the search box to send along.
    pub lang: Option<String>,
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
            nav: Vec::new(),
            search: None,
            find: String::new(),
            lang: None,
            other_language: reader.here(&[("lang", &words.other_language_tag)]),
            assets: &ADDRESSES,
        }
    }

    /// The same within a station: its other pages and its search stand above.
    pub fn of(
        reader: &Reader,
        station: &Shown,
        here: Place,
        title: String,
        crumbs: Vec<Crumb>,
    ) -> Frame {
        let words = reader.words();
        let path = station.path();
        let item = |place: Place, label: &'static str, end: &str| NavItem {
            label,
            href: reader.to(&format!("{path}{end}")),
            is_here: place == here,
        };
        Frame {
            nav: vec![
                item(Place::Today, &words.nav_today, ""),
                item(Place::Records, &words.nav_records, "/records"),
                item(Place::Limits, &words.nav_limits, "/limits"),
                item(Place::Held, &words.nav_held, "/held"),
                item(Place::Conflicts, &words.nav_conflicts, "/conflicts"),
                item(Place::Devices, &words.nav_devices, "/devices"),
                item(Place::Metrics, &words.nav_metrics, "/metrics"),
                item(Place::Cards, &words.nav_cards, "/cards"),
            ],
            search: Some(format!("{path}/records")),
            find: match here {
                Place::Records => typed(reader.param("q").unwrap_or_default()),
                Place::Today
                | Place::Limits
                | Place::Held
                | Place::Conflicts
                | Place::Devices
                | Place::Metrics
                | Place::Cards
                | Place::Elsewhere => String::new(),
            },
            lang: reader.param("lang").map(str::to_owned),
            ..Frame::new(reader, title, crumbs)
        }
    }
}

/// The links to the part before and the part after.
#[derive(Debug, Default)]
pub struct Pager {
    pub label: String,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// The part of a list that is asked for, from 1 on.
    pub fn asked(reader: &Reader) -> u32 {
        let asked = reader.param("page").and_then(|page| page.parse().ok());
        // Further than anybody turns pages, and far from where a count would overflow.
        asked.unwrap_or(1).clamp(1, 1_000_000)
    }

    pub fn of(reader: &Reader, at: u32, more: bool) -> Pager {
        let words: &Words = reader.words();
        let turn = |at: u32| match at {
            1 => reader.here(&[("page", "")]),
            at => reader.here(&[("page", &at.to_string())]),
        };
        Pager {
            label: words.page_at.replace("{n}", &at.to_string()),
            previous: (at > 1).then(|| turn(at - 1)),
            next: more.then(|| turn(at + 1)),
        }
    }

    pub fn is_needed(&self) -> bool {
        self.previous.is_some() || self.next.is_some()
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
