//! One record on the desk.

use std::collections::BTreeMap;

use crate::ids::{DeviceId, Hash, RecordId};
use crate::record::history::{Change, History};

#[derive(Debug, Clone)]
pub struct Docket {
    pub history: History,
    /// The generation each device has reached in the record, by acts admitted and held.
    pub generations: BTreeMap<DeviceId, u32>,
    /// The changes of held acts, with the device and generation that made them.
    pub held: BTreeMap<Hash, (DeviceId, u32)>,
    loaded: usize,
}

impl Docket {
    pub fn empty(record: RecordId) -> Docket {
        Docket::loaded(History::new(record), BTreeMap::new(), BTreeMap::new())
    }

    pub fn loaded(
        history: History,
        generations: BTreeMap<DeviceId, u32>,
        held: BTreeMap<Hash, (DeviceId, u32)>,
    ) -> Docket {
        let loaded = history.changes().len();
        Docket {
            history,
            generations,
            held,
            loaded,
        }
    }

    /// What was admitted since the record was loaded, or settled.
    pub fn new_changes(&self) -> &[Change] {
        &self.history.changes()[self.loaded..]
    }

    /// The new changes are stored now.
    pub fn settle(&mut self) {
        self.loaded = self.history.changes().len();
    }
}
