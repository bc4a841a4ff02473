//! Why an act is held: the stable words that verdicts carry and message files explain.

use std::fmt;

use crate::catalogue::{Label, Language};

macro_rules! codes {
    ($($(#[$doc:meta])* $case:ident = $word:literal,)+) => {
        /// Why an act is held. The words are stable: verdicts, logs and message files use them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $case,)+ }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$case,)+];

            pub fn word(self) -> &'static str {
                match self { $(Code::$case => $word,)+ }
            }

            pub fn from_word(word: &str) -> Option<Code> {
                match word { $($word => Some(Code::$case),)+ _ => None }
            }
        }
    };
}

codes! {
    /// The act's bytes are not an act.
    Malformed = "malformed",
    /// Act numbers of a device must grow.
    ActOrder = "act_order",
    /// The header's change root is not that of the changes.
    HeaderLies = "header_lies",
    /// The header names an epoch that the station never had, or an older one than before.
    Epoch = "epoch",
    /// The change's bytes cannot be taken.
    BadChange = "bad_change",
    /// The change's actor is not the one of this device, record and generation.
    WrongActor = "wrong_actor",
    /// The record's id is not the one of this device and counter, or the record exists.
    WrongRecord = "wrong_record",
    /// The change does not stand soundly on the record.
    Unsound = "unsound",
    /// The change rests on one that nobody knows.
    UnknownDependency = "unknown_dependency",
    /// The change rests on a held one: the server writes it anew.
    Stranded = "stranded",
    /// Written anew but for what had no place left, which its author may say in another way.
    Partly = "partly",
    /// Another act in the books says the same in the place of the same held or unsent act.
    SaidAlready = "said_already",
    /// The device has gone on under a newer generation in this record.
    Superseded = "superseded",
    /// The person has no right to write there.
    Forbidden = "forbidden",
    /// A step or mark bears another person's name than its writer's.
    AnotherPerson = "another_person",
    /// The value or object is not what the field holds.
    WrongForm = "wrong_form",
    /// The path is none of a record's.
    UnknownPath = "unknown_path",
    /// Steps, marks, rows and members are only ever added to.
    NotAppendOnly = "not_append_only",
    /// The name of a row, member, step or mark is not the derived one.
    BadName = "bad_name",
    /// The write replaces several values and does not say that it settles them.
    Settlement = "settlement",
    /// The person is no member of the station (any more).
    NotAMember = "not_a_member",
    /// The device was removed from the station.
    DeviceRemoved = "device_removed",
    /// The record would not load any more.
    WouldNotLoad = "would_not_load",
    /// Only the server may say this.
    ServerOnly = "server_only",
    /// Whoever judges it goes down.
    TookServerDown = "took_server_down",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The verdict on an act that was not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Held {
    pub code: Code,
    /// The path, name or number it is about; no value that a person wrote.
    pub detail: String,
}

impl Held {
    pub fn new(code: Code, detail: impl fmt::Display) -> Held {
        Held {
            code,
            detail: detail.to_string(),
        }
    }
}

impl Code {
    /// One sentence: what happened and what the reader can do.
    pub fn explain(self, language: Language) -> &'static str {
        let Label { zh, en } = &MESSAGES[self as usize];
        language.pick(zh, en)
    }
}

/// The sentences of `messages/held.toml`, in the order of [`Code::ALL`].
static MESSAGES: std::sync::LazyLock<Vec<Label>> = std::sync::LazyLock::new(|| {
    let table: toml::Table = include_str!("../../messages/held.toml")
        .parse()
        .unwrap_or_default();
    Code::ALL
        .iter()
        .map(|code| {
            let text = |language: &str| {
                let text = table.get(code.word()).and_then(|entry| entry.get(language));
                text.and_then(toml::Value::as_str)
                    .unwrap_or(code.word())
                    .to_owned()
            };
            Label {
                zh: text("zh"),
                en: text("en"),
            }
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_in_both_languages() {
        for code in Code::ALL {
            assert_eq!(Code::from_word(code.word()), Some(*code));
            for language in Language::ALL {
                assert_ne!(
                    code.explain(language),
                    code.word(),
                    "{code} lacks {language:?}"
                );
            }
        }
    }
}
