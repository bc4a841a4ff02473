//! What people are told, in their language: read from `server/messages`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Zh,
    En,
}

/// One problem as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// What went wrong.
    pub title: String,
    /// What became of that which was sent.
    pub kept: String,
    /// What to do.
    #[serde(rename = "do")]
    pub todo: String,
}

/// The words of an embedded file that a test reads.
#[expect(clippy::expect_used, reason = "embedded files that a test reads")]
pub fn embedded<W: DeserializeOwned>(file: &str) -> W {
    toml::from_str(file).expect("the embedded words are whole")
}

type Messages = BTreeMap<String, Message>;

#[expect(clippy::expect_used, reason = "embedded files that a test reads")]
fn read(file: &str) -> Messages {
    toml::from_str(file).expect("the embedded messages are well formed")
}

static ZH: LazyLock<Messages> = LazyLock::new(|| read(include_str!("../messages/zh.toml")));
static EN: LazyLock<Messages> = LazyLock::new(|| read(include_str!("../messages/en.toml")));

impl Language {
    /// The language a request asks for: of those spoken here the one it rates highest, Chinese
    /// when it asks for none.
    pub fn accepted(header: Option<&str>) -> Language {
        let mut best = (Language::Zh, 0.0);
        for range in header.unwrap_or_default().split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let language = match tag.split('-').next() {
                Some("zh") => Language::Zh,
                Some("en") => Language::En,
                _ => continue,
            };
            let rating = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
            if rating > best.1 {
                best = (language, rating);
            }
        }
        best.0
    }

    pub fn tag(self) -> &'static str {
        match self {
            Language::Zh => "zh",
            Language::En => "en",
        }
    }

    /// What a problem's code says in this language.
    pub fn problem(self, code: &str) -> Message {
        let messages = match self {
            Language::Zh => &*ZH,
            Language::En => &*EN,
        };
        messages.get(code).cloned().unwrap_or_else(|| Message {
            title: code.to_owned(),
            kept: String::new(),
            todo: String::new(),
        })
    }

    /// Every code that has a message in this language.
    pub fn problem_codes(self) -> impl Iterator<Item = &'static str> {
        let messages: &'static Messages = match self {
            Language::Zh => &ZH,
            Language::En => &EN,
        };
        messages.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text of a file by its path, with the `{names}` in it.
    fn parts(at: &str, value: &toml::Value, found: &mut BTreeMap<String, Vec<String>>) {
        if let toml::Value::Table(table) = value {
            for (name, value) in table {
                parts(&format!("{at}/{name}"), value, found);
            }
            return;
        }
        let text = value.as_str().unwrap();
        let opened = text.split('{').skip(1);
        let mut names: Vec<String> = opened
            .map(|rest| rest.split_once('}').unwrap().0.to_owned())
            .collect();
        names.sort();
        found.insert(at.to_owned(), names);
    }

    #[test]
    fn every_file_says_the_same_in_both_languages_with_the_same_parts() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/messages/");
        let names = std::fs::read_dir(folder).unwrap();
        let names: Vec<String> = names
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        let of = |name: &str| {
            let file = std::fs::read_to_string(format!("{folder}{name}")).unwrap();
            let mut found = BTreeMap::new();
            parts("", &file.parse::<toml::Table>().unwrap().into(), &mut found);
            found
        };
        let pairs: Vec<(&String, String)> = names
            .iter()
            .filter_map(|zh| Some((zh, format!("{}en.toml", zh.strip_suffix("zh.toml")?))))
            .collect();
        assert!(
            pairs.len() > 4 && pairs.len() * 2 == names.len(),
            "{names:?}"
        );
        for (zh, en) in pairs {
            assert_eq!(of(zh), of(&en), "{zh} and {en}");
        }
    }

    #[test]
    fn the_language_rated_highest_wins_and_chinese_is_the_default() {
        for (header, language) in [
            (None, Language::Zh),
            (Some("fr"), Language::Zh),
            (Some("en-GB,en;q=0.8,zh;q=0.3"), Language::En),
            (Some("en;q=0.2, zh-CN"), Language::Zh),
            (Some("en;q=oops"), Language::Zh),
        ] {
            assert_eq!(Language::accepted(header), language, "{header:?}");
        }
    }
}
