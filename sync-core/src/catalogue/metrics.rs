//! By what the metrics of a station are measured: numbers that a district may set, and what the
//! steps of each kind come to.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Catalogue;
use super::names::{Label, words};

/// `metrics.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricRules {
    /// The book whose lines are the facts; none where the catalogue measures nothing.
    pub book: Option<String>,
    pub settings: BTreeMap<MetricSetting, Setting>,
    /// By kind.
    pub phases: BTreeMap<String, Phases>,
    pub baselines: Vec<Baseline>,
}

words!(
    /// A number that is not the program's to decide.
    MetricSetting, "setting" {
        SessionMinutes = "session_minutes",
        SessionGap = "session_gap",
        SessionsAWeek = "sessions_a_week",
        FirstResponseHours = "first_response_hours",
        RepeatDays = "repeat_days",
        LateHours = "late_hours",
        RecurrenceDays = "recurrence_days",
    }
);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub value: u32,
    pub label: Label,
    /// The rule it comes from, or that nobody has verified it.
    pub source: String,
}

/// What the steps of a kind come to, by their names. A step that is in none of the lists, or in
/// `accepted` alone, means that the record is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phases {
    pub done: Vec<String>,
    pub paused: Vec<String>,
    pub void: Vec<String>,
    /// Leave it as it was.
    pub same: Vec<String>,
    pub accepted: Vec<String>,
}

/// The day of a survey: what was first observed before it is a legacy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// None: of every committee without a line of its own.
    pub committee: Option<String>,
    pub day: Date,
}

impl MetricRules {
    /// A setting that the catalogue's own file leaves out has the value of the default, so that
    /// an older catalogue goes on working under a newer program.
    pub fn setting(&self, name: MetricSetting) -> Setting {
        let own = self.settings.get(&name);
        let default = || Catalogue::embedded().metrics.settings.get(&name);
        own.or_else(default).cloned().unwrap_or(Setting {
            value: u32::MAX,
            label: Label::default(),
            source: String::new(),
        })
    }

    pub fn value(&self, name: MetricSetting) -> i64 {
        i64::from(self.setting(name).value)
    }

    pub fn baseline(&self, committee: &str) -> Option<Date> {
        let own = self
            .baselines
            .iter()
            .find(|one| one.committee.as_deref() == Some(committee));
        let all = || self.baselines.iter().find(|one| one.committee.is_none());
        own.or_else(all).map(|one| one.day)
    }

    pub fn phases_of(&self, kind: &str) -> Option<&Phases> {
        self.phases.get(kind)
    }
}

impl MetricSetting {
    pub const ALL: [MetricSetting; 7] = [
        MetricSetting::SessionMinutes,
        MetricSetting::SessionGap,
        MetricSetting::SessionsAWeek,
        MetricSetting::FirstResponseHours,
        MetricSetting::RepeatDays,
        MetricSetting::LateHours,
        MetricSetting::RecurrenceDays,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_has_every_setting_with_its_source() {
        let rules = &Catalogue::embedded().metrics;
        for name in MetricSetting::ALL {
            let setting = rules.settings.get(&name);
            assert!(
                setting.is_some_and(|setting| !setting.source.is_empty()),
                "{name:?}"
            );
        }
        assert_eq!(rules.value(MetricSetting::SessionMinutes), 120);
        assert_eq!(MetricRules::default().value(MetricSetting::RepeatDays), 90);
    }
}
