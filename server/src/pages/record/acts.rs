//! The acts that made a record, each with both of its clocks.

use super::{ActView, By, Desk};
use crate::pages::time::APART;

impl Desk<'_> {
    pub(super) fn acts(&self) -> Vec<ActView> {
        let times = self.setter.station.times(self.setter.reader);
        let mut acts = Vec::new();
        let mut seen = Vec::new();
        for (at, change) in self.view.changes.iter().enumerate() {
            let origin = &change.origin;
            if seen.contains(&origin.act) {
                continue;
            }
            seen.push(origin.act);
            let By {
                by,
                device,
                at: recorded,
            } = self.by(at);
            let apart = {
                // A device may say any time at all.
                let received = origin.received_at;
                received.map(|received| received.saturating_sub(origin.at))
            };
            let word = match apart {
                Some(apart) if apart > APART => self.words().apart_later.as_str(),
                Some(apart) if apart < -APART => self.words().apart_earlier.as_str(),
                Some(_) | None => "",
            };
            acts.push(ActView {
                n: origin.act.n,
                by,
                device,
                at: recorded,
                received: origin.received_at.map(|at| self.setter.moment(at)),
                apart: word.replace(
                    "{span}",
                    &times.span(apart.unwrap_or_default(), self.words()),
                ),
                entry: origin
                    .entry
                    .map_or_else(String::new, |entry| entry.to_string()),
            });
        }
        acts
    }
}
