//! Which devices have not sent what they have: it stands before every number.

use sync_core::book::Coverage;

use super::{CoverageView, DeviceLine, Setter};
use crate::pages::ink::Ink;

impl Setter<'_> {
    /// `title` and `lead` say that not all have come: `{n}` of `{all}`.
    pub fn coverage(&self, coverage: &Coverage, title: &str, lead: &str) -> CoverageView {
        let words = self.reader.words();
        let (missing, all) = (coverage.behind.len(), coverage.devices.len());
        let line = match (missing, all) {
            (_, 0) => words.coverage_none.as_str(),
            (0, _) => words.coverage_all.as_str(),
            _ => lead,
        };
        let n = [
            ("n", Ink::label(&missing.to_string())),
            ("all", Ink::label(&all.to_string())),
        ];
        CoverageView {
            title: if missing > 0 { title } else { &words.coverage }.to_owned(),
            line: Ink::sentence(line, &n),
            running: "",
            missing: coverage
                .missing()
                .map(|device| self.device_line(device.device, device.last_contact, device.waiting))
                .collect(),
        }
    }

    pub fn device_line(
        &self,
        device: sync_core::ids::DeviceId,
        last: Option<i64>,
        waiting: Option<u64>,
    ) -> DeviceLine {
        let waiting = waiting.unwrap_or_default();
        let line = &self.reader.words().waiting_count;
        DeviceLine {
            name: self.station.device(self.reader, device),
            last: last.map(|at| self.moment(at)),
            waiting,
            waiting_line: line.replace("{n}", &waiting.to_string()),
        }
    }
}
