//! What metrics are called, how they are defined and where that comes from:
//! `server/messages/metrics.*.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use sync_core::catalogue::{self, MetricSetting};
use sync_core::metrics::{Figure, Measure, Note};

use crate::messages::{Language, embedded as read};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricWords {
    pub title: String,
    pub lead: String,
    pub coverage: String,
    pub ended: String,
    pub running: String,
    pub from: String,
    pub until: String,
    pub show: String,
    pub earlier: String,
    pub later: String,
    pub metric: String,
    pub figure: String,
    pub counts: String,
    pub beside: String,
    pub none: String,
    pub met: String,
    pub missed: String,
    /// `{hits}` of `{of}`.
    pub rate: String,
    pub each: String,
    pub growth: String,
    pub change: String,
    pub definition: String,
    pub source: String,
    pub behind: String,
    pub excused: String,
    pub behind_first: String,
    pub officers: String,
    pub officers_lead: String,
    pub officers_none: String,
    pub officer: String,
    pub sessions: String,
    pub valid: String,
    pub hours: String,
    pub served: String,
    pub committees: String,
    pub committee: String,
    pub committee_unknown: String,
    pub baseline: String,
    pub baseline_none: String,
    pub found: String,
    pub standing: String,
    pub legacy_start: String,
    pub legacy_end: String,
    pub settings: String,
    pub settings_lead: String,
    pub setting: String,
    pub value: String,
    pub json: String,
    pub csv_hits: String,
    pub csv_of: String,
    pub groups: BTreeMap<String, String>,
    measures: BTreeMap<String, MeasureWords>,
    notes: BTreeMap<String, String>,
}

/// `{names}` in a definition are settings of the catalogue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureWords {
    pub name: String,
    definition: String,
    pub source: String,
    /// What the listed records are.
    pub behind: String,
}

impl MeasureWords {
    pub fn definition(&self, catalogue: &catalogue::Catalogue) -> String {
        let mut text = self.definition.clone();
        for name in MetricSetting::ALL {
            let place = format!("{{{}}}", name.word());
            text = text.replace(&place, &catalogue.metric_value(name).to_string());
        }
        text
    }
}

impl MetricWords {
    pub fn of(language: Language) -> &'static MetricWords {
        match language {
            Language::Zh => &ZH,
            Language::En => &EN,
        }
    }

    pub fn in_language(language: catalogue::Language) -> &'static MetricWords {
        match language {
            catalogue::Language::Zh => &ZH,
            catalogue::Language::En => &EN,
        }
    }

    #[expect(clippy::expect_used, reason = "a test finds words for every measure")]
    pub fn measure(&self, measure: Measure) -> &MeasureWords {
        self.measures
            .get(measure.word())
            .expect("words for every measure")
    }

    /// `3 suspended`.
    pub fn note(&self, note: Note, n: u64) -> String {
        let text = self
            .notes
            .get(note.word())
            .map_or(note.word(), String::as_str);
        text.replace("{n}", &n.to_string())
            .replace("{hours}", &format!("{}.{}", n / 60, n % 60 / 6))
    }

    /// What a figure was counted out of.
    pub fn counts(&self, figure: Figure) -> String {
        let fill = |text: &str, parts: [(&str, u64); 2]| {
            let [a, b] = parts.map(|(name, n)| (format!("{{{name}}}"), n.to_string()));
            text.replace(&a.0, &a.1).replace(&b.0, &b.1)
        };
        match figure {
            Figure::Rate { hits, of } => fill(&self.rate, [("hits", hits), ("of", of)]),
            Figure::Each { n, of } => fill(&self.each, [("n", n), ("of", of)]),
            Figure::Growth { found, standing } => {
                fill(&self.growth, [("found", found), ("standing", standing)])
            }
            Figure::Change { start, end } => fill(&self.change, [("start", start), ("end", end)]),
        }
    }
}

const FILES: [&str; 2] = [
    include_str!("../../messages/metrics.zh.toml"),
    include_str!("../../messages/metrics.en.toml"),
];
static ZH: LazyLock<MetricWords> = LazyLock::new(|| read(FILES[0]));
static EN: LazyLock<MetricWords> = LazyLock::new(|| read(FILES[1]));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_and_note_has_words() {
        for words in [&*ZH, &*EN] {
            assert_eq!(words.measures.len(), Measure::ALL.len());
            assert_eq!(words.notes.len(), Note::ALL.len());
            for measure in Measure::ALL {
                let rules = catalogue::Catalogue::embedded();
                let definition = words.measure(*measure).definition(rules);
                assert!(!definition.contains('{'), "{definition}");
            }
            assert!(
                Note::ALL
                    .iter()
                    .all(|note| words.notes.contains_key(note.word()))
            );
        }
    }

    #[test]
    fn minutes_are_told_as_hours() {
        assert_eq!(EN.note(Note::Minutes, 415), "6.9 hours");
    }
}
