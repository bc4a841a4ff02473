//! The three clocks of a record: happened, recorded, received.

use sync_core::book::{Clocks, Drift, DriftCause};

use super::{ClockLine, Setter};
use crate::pages::time::APART;

impl Setter<'_> {
    /// Happened, recorded, received: in this order, each with what it says about the one before.
    pub fn clocks(&self, clocks: &Clocks, drift: Option<&Drift>) -> Vec<ClockLine> {
        let words = self.reader.words();
        let times = self.station.times(self.reader);
        let span = |word: &str, ms: i64| word.replace("{span}", &times.span(ms, words));
        // What happened on a day, at no time of it, counts as late from the day's end.
        let day = times.is_midnight(clocks.happened);
        let late = match day {
            true => {
                let end = times
                    .end_of(&times.day_of(clocks.happened))
                    .unwrap_or(clocks.happened);
                clocks.recorded.saturating_sub(end)
            }
            false => clocks.recorded.saturating_sub(clocks.happened),
        };
        let received = match clocks.received {
            Some(at) => ClockLine {
                label: words.received.clone(),
                text: times.moment_after(at, clocks.happened),
                iso: times.iso(at),
                apart: drift.map(|drift| {
                    let word = match (drift.cause, drift.ms < 0) {
                        (DriftCause::LateSync, _) => &words.clocks_behind,
                        (DriftCause::PhoneClock, true) => &words.clocks_ahead,
                        (DriftCause::PhoneClock, false) => &words.clocks_slow,
                    };
                    span(word, drift.ms)
                }),
            },
            None => ClockLine {
                label: words.received.clone(),
                text: words.not_received.clone(),
                iso: String::new(),
                apart: None,
            },
        };
        vec![
            ClockLine {
                label: words.happened.clone(),
                text: match day {
                    true => times.day(&times.day_of(clocks.happened)),
                    false => times.moment(clocks.happened),
                },
                iso: times.iso(clocks.happened),
                apart: None,
            },
            ClockLine {
                label: words.recorded.clone(),
                text: times.moment_after(clocks.recorded, clocks.happened),
                iso: times.iso(clocks.recorded),
                apart: (late > APART).then(|| span(&words.clocks_written_later, late)),
            },
            received,
        ]
    }
}
