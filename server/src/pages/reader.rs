//! Who asks for a page: in which language, and with which parameters.

use std::convert::Infallible;
use std::fmt::Write as _;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;

use super::ink::{plain, typed};
use super::words::Words;
use crate::messages::Language;

#[derive(Debug, Clone)]
pub struct Reader {
    pub language: Language,
    path: String,
    query: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Reader, Infallible> {
        let asked = parts.extensions.get::<Language>().copied();
        Ok(Reader::new(&parts.uri, asked.unwrap_or(Language::Zh)))
    }
}

impl Reader {
    /// `accepted` is what the browser asks for; `?lang=` in the address weighs more.
    pub fn new(uri: &Uri, accepted: Language) -> Reader {
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|query| query.0);
        let mut reader = Reader {
            language: accepted,
            path: uri.path().to_owned(),
            query: query.unwrap_or_default(),
        };
        reader.language = match reader.param("lang") {
            Some("en") => Language::En,
            Some("zh") => Language::Zh,
            Some(_) | None => accepted,
        };
        reader
    }

    pub fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    pub fn catalogue_language(&self) -> sync_core::catalogue::Language {
        match self.language {
            Language::Zh => sync_core::catalogue::Language::Zh,
            Language::En => sync_core::catalogue::Language::En,
        }
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(known, _)| known == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// The address of another page, in the language that the reader chose.
    pub fn to(&self, path: &str) -> String {
        let lang = self.query.iter().filter(|(name, _)| name == "lang");
        address(
            path,
            lang.map(|(name, value)| (name.as_str(), value.as_str())),
        )
    }

    /// The address of another page with parameters of its own.
    pub fn to_with(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let lang = self.query.iter().filter(|(name, _)| name == "lang");
        let lang = lang.map(|(name, value)| (name.as_str(), value.as_str()));
        address(path, changes.iter().copied().chain(lang))
    }

    /// This page with other parameters; an empty one is left out.
    pub fn here(&self, changes: &[(&str, &str)]) -> String {
        let kept = self
            .query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        address(&self.path, kept.chain(changes.iter().copied()))
    }

    /// One who asks for lists by their names and values, without a page.
    pub fn asking(language: Language, query: Vec<(String, String)>) -> Reader {
        Reader {
            language,
            path: String::new(),
            query,
        }
    }

    /// The address of a file, which says its language: whatever fetches it may send none.
    pub fn file<'a>(
        &self,
        path: &str,
        params: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> String {
        let lang = match self.language {
            Language::Zh => "zh",
            Language::En => "en",
        };
        address(path, params.into_iter().chain([("lang", lang)]))
    }

    /// What narrows this page down, all its parts together.
    pub fn filters(&self) -> impl Iterator<Item = (&str, &str)> {
        let query = self.query.iter();
        query
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !matches!(*name, "page" | "lang"))
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// The parameters that a form on this page sends along.
    pub fn kept(&self, without: &[&str]) -> Vec<(String, String)> {
        let kept = self
            .query
            .iter()
            .filter(|(name, _)| !without.contains(&name.as_str()));
        kept.map(|(name, value)| (plain(name), typed(value)))
            .collect()
    }
}

fn address<'a>(path: &str, query: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut address = path.to_owned();
    let mut between = '?';
    for (name, value) in query.filter(|(_, value)| !value.is_empty()) {
        address.push(between);
        between = '&';
        encode(&mut address, name);
        address.push('=');
        encode(&mut address, value);
    }
    address
}

/// Percent-encodes a text for a query or a path.
pub fn encode(into: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                into.push(char::from(byte));
            }
            _ => {
                let _ = write!(into, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_language_goes_along_and_hostile_parameters_stay_parameters() {
        let uri = "/s/S00/books/R1?day=2026-05-11&lang=en&q=%22%3E%3Cb"
            .parse()
            .unwrap();
        let reader = Reader::new(&uri, Language::Zh);
        assert_eq!(reader.language, Language::En);
        assert_eq!(reader.to("/s/S00"), "/s/S00?lang=en");
        assert_eq!(
            reader.here(&[("day", "2026-05-12"), ("q", "")]),
            "/s/S00/books/R1?lang=en&day=2026-05-12"
        );
        assert_eq!(
            reader.here(&[]),
            "/s/S00/books/R1?day=2026-05-11&lang=en&q=%22%3E%3Cb"
        );
    }
}
