//! What lists say of people, kinds and states, as plain text in the reader's language.

use sync_core::book::Coverage;
use sync_core::ids::DeviceId;

use super::labels::Labels;
use super::table::Value;
use crate::pages::Reader;
use crate::pages::mark::Mark;
use crate::pages::records::FLAGGED;
use crate::pages::station::Shown;

pub struct Plain<'a> {
    pub labels: Labels,
    pub reader: &'a Reader,
    pub shown: &'a Shown,
}

impl<'a> Plain<'a> {
    pub fn new(reader: &'a Reader, shown: &'a Shown) -> Plain<'a> {
        Plain {
            labels: Labels::of(reader),
            reader,
            shown,
        }
    }

    pub fn coverage(&self, now: i64) -> Coverage {
        self.shown.coverage_now(now)
    }

    /// A record's title; one that is a day or a moment as pages print it.
    pub fn title(&self, title: &str) -> String {
        self.shown.times(self.reader).day(title)
    }

    pub fn kind(&self, kind: &str) -> String {
        let language = self.reader.catalogue_language();
        let known = self.shown.catalogue().kinds.get(kind);
        known.map_or_else(|| kind.to_owned(), |k| k.label.get(language).to_owned())
    }

    /// The states that a record stands at, as the store lists them.
    pub fn states(&self, kind: &str, states: &str) -> String {
        let language = self.reader.catalogue_language();
        let kind = self.shown.catalogue().kinds.get(kind);
        let label = |state: &str| {
            let step = kind.and_then(|kind| kind.step(state));
            step.map_or_else(|| state.to_owned(), |s| s.label.get(language).to_owned())
        };
        let states = states.split('|').filter(|state| !state.is_empty());
        let labels: Vec<String> = states.map(label).collect();
        labels.join(&self.labels.pages.list_between)
    }

    pub fn marks(&self, flags: i64) -> String {
        let set = FLAGGED.iter().filter(|(flag, _)| flags & flag != 0);
        let words: Vec<&str> = set
            .map(|(_, mark): &(i64, Mark)| mark.word(self.labels.pages))
            .collect();
        words.join(&self.labels.pages.list_between)
    }

    pub fn person(&self, person: &str) -> Value {
        self.shown.name_of(self.reader, person).into()
    }

    /// The name of the one whose device it is, and that one's code.
    pub fn owner(&self, device: DeviceId) -> (Value, Value) {
        let charter = &self.shown.charter;
        if charter.server_ever(device).is_some() {
            let server = self.labels.pages.server_device.as_str();
            return (server.into(), Value::Nothing);
        }
        match charter.ever(device) {
            Some(grant) => {
                let person = grant.person.as_str();
                (self.person(person), person.into())
            }
            None => (self.labels.pages.nobodys.as_str().into(), Value::Nothing),
        }
    }
}
