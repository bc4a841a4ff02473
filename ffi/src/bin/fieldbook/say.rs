//! What the terminal says, in the officer's language.

use std::io::Write;

use serde_json::Value as Json;
use sync_core::catalogue::{Field, Label, Language};
use sync_core::letters;
use toml::{Table, Value};

#[derive(Debug)]
pub struct Say {
    pub language: Language,
    texts: Table,
}

impl Say {
    pub fn in_language(language: Language) -> Say {
        let file = language.pick(
            include_str!("../../../messages/zh.toml"),
            include_str!("../../../messages/en.toml"),
        );
        Say {
            language,
            texts: file.parse().unwrap_or_default(),
        }
    }

    /// A text of the message files, its words in braces filled in.
    pub fn text(&self, group: &str, name: &str, fill: &[(&str, String)]) -> String {
        let text = self.texts.get(group).and_then(|group| group.get(name));
        filled(text.and_then(Value::as_str).unwrap_or(name), fill)
    }

    pub fn word(&self, name: &str) -> String {
        self.text("word", name, &[])
    }

    pub fn label<'l>(&self, label: &'l Label) -> &'l str {
        label.get(self.language)
    }

    /// A field as `field (label)`.
    pub fn labelled(&self, field: &Field) -> String {
        format!("{} ({})", field.name, self.label(&field.label))
    }

    /// A line on standard output, there before anything else happens. What it quotes of others
    /// drives no terminal, and a text of several lines stands apart from the lines around it.
    pub fn line(&self, text: &str) {
        out(&letters::plain(text).replace('\n', "\n        | "));
    }

    /// One JSON value on a line, the same value wherever it is read.
    pub fn json(&self, value: &Json) {
        out(&letters::escaped(&value.to_string()));
    }

    pub fn complain(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "fieldbook: {}", one_line(text));
    }
}

/// A reader that went away (`head`) ends nothing.
fn out(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Letters of a complaint; it may quote whatever somebody typed or pasted.
const MAX_COMPLAINT: usize = 2_000;

/// A text as one line that a terminal can show.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = letters::plain(&words.join(" "));
    match line.char_indices().nth(MAX_COMPLAINT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The text with its words in braces filled in, each once: what fills one in is no text of ours.
fn filled(text: &str, fill: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let found = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = fill.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        match found {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The terminal's language: Chinese where it says so.
#[expect(
    clippy::disallowed_methods,
    reason = "the terminal's language is read here"
)]
pub fn of_terminal() -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    match set {
        Some(locale) if locale.starts_with("zh") => Language::Zh,
        Some(_) | None => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(text: &str) -> Vec<&str> {
        let mut holes: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        holes.sort_unstable();
        holes
    }

    #[test]
    fn what_is_filled_in_is_quoted_and_neither_obeyed_nor_filled_in_again() {
        let fill = [("a", "{b}\u{1b}[2J".to_owned()), ("b", "x".to_owned())];
        assert_eq!(filled("{a}-{b}-{c", &fill), "{b}\u{1b}[2J-x-{c");
        assert_eq!(one_line("a\n b\u{1b}[2J"), "a b[U+001B][2J");
        assert_eq!(one_line(&"长".repeat(100_000)).chars().count(), 2_001);
    }

    #[test]
    fn every_text_exists_in_both_languages_with_the_same_words_to_fill_in() {
        let [zh, en] = Language::ALL.map(|language| Say::in_language(language).texts);
        assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for (group, texts) in &en {
            let texts = texts.as_table().unwrap();
            let theirs = zh[group].as_table().unwrap();
            let names = |table: &Table| table.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(texts), names(theirs), "{group}");
            for (name, text) in texts {
                let (en, zh) = (text.as_str().unwrap(), theirs[name].as_str().unwrap());
                assert_eq!(holes(en), holes(zh), "{group}.{name}");
            }
        }
    }
}
