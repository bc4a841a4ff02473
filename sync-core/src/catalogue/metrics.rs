//! By what the metrics of a station are measured: where the facts stand, and what the steps of each
//! kind come to. The numbers are settings of the catalogue.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::names::words;
use super::{Catalogue, Setting};

/// `metrics.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricRules {
    /// The book whose lines are the facts; none where the catalogue measures nothing.
    pub book: Option<String>,
    /// By kind.
    pub phases: BTreeMap<String, Phases>,
    pub baselines: Vec<Baseline>,
}

words!(
    /// A setting that metrics are measured by.
    MetricSetting, "setting" {
        SessionMinutes = "session_minutes",
        SessionGap = "session_gap_minutes",
        SessionsAWeek = "sessions_a_week",
        FirstResponseHours = "first_response_hours",
        RepeatDays = "repeat_window_days",
        LateHours = "late_hours",
        RecurrenceDays = "recurrence_days",
    }
);

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

impl Catalogue {
    /// A setting that the catalogue leaves out has the value of the default, so that an older
    /// catalogue goes on working under a newer program.
    pub fn metric_setting(&self, name: MetricSetting) -> Option<&Setting> {
        let default = || Catalogue::embedded().settings.get(name.word());
        self.settings.get(name.word()).or_else(default)
    }

    pub fn metric_value(&self, name: MetricSetting) -> i64 {
        let setting = self.metric_setting(name);
        setting.map_or(i64::from(u32::MAX), |setting| i64::from(setting.value))
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
        let catalogue = Catalogue::embedded();
        for name in MetricSetting::ALL {
            let setting = catalogue.settings.get(name.word());
            assert!(
                setting.is_some_and(|setting| !setting.source.is_empty()),
                "{name:?}"
            );
        }
        assert_eq!(catalogue.metric_value(MetricSetting::SessionMinutes), 120);
        let mut older = catalogue.clone();
        older.settings.clear();
        assert_eq!(older.metric_value(MetricSetting::RepeatDays), 90);
    }
}
