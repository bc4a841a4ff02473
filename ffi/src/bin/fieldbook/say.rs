//! What the terminal says, in the officer's language.

use std::io::Write;

use sync_core::catalogue::{Field, Label, Language};
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
        let mut text = text.and_then(Value::as_str).unwrap_or(name).to_owned();
        for (name, value) in fill {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
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

    /// A line on standard output, there before anything else happens. A reader that went away
    /// (`head`) ends nothing.
    pub fn line(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    pub fn complain(&self, text: &str) {
        let line: Vec<&str> = text.split_whitespace().collect();
        let _ = writeln!(std::io::stderr().lock(), "fieldbook: {}", line.join(" "));
    }
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
