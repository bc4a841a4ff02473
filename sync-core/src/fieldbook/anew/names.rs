//! What stands under which new name, once its act is written anew.

use std::collections::BTreeMap;

use crate::fieldbook::rows::Twin;
use crate::ids::{Hash, RecordId};
use crate::record::change::Scalar;
use crate::record::write::{Edit, Spot};

#[derive(Debug, Clone, Default)]
pub struct Names {
    pub records: BTreeMap<RecordId, RecordId>,
    pub changes: BTreeMap<Hash, Hash>,
    /// Rows and members by their keys, and records by their ids, as values name them.
    pub texts: BTreeMap<String, String>,
}

impl Names {
    pub fn learn(&mut self, twin: &Twin) {
        for (old, new) in &twin.records {
            self.record(*old, *new);
        }
        self.changes.extend(twin.changes.iter().copied());
        self.texts.extend(twin.names.iter().cloned());
    }

    pub fn record(&mut self, old: RecordId, new: RecordId) {
        if old != new {
            self.records.insert(old, new);
            self.texts.insert(old.to_string(), new.to_string());
        }
    }

    fn text(&self, text: &mut String) {
        if let Some(new) = self.texts.get(text) {
            new.clone_into(text);
        }
    }

    fn value(&self, value: &mut Scalar) {
        if let Scalar::Str(text) = value {
            self.text(text);
        }
    }

    pub fn edit(&self, edit: &mut Edit) {
        match edit {
            Edit::Set { spot, value } | Edit::Settle { spot, value } => {
                if let Spot::Cell { row, .. } = spot {
                    self.text(row);
                }
                self.value(value);
            }
            Edit::Add { value, .. } => self.value(value),
            Edit::AddRow { cells, .. } => {
                cells.iter_mut().for_each(|(_, value)| self.value(value));
            }
            Edit::Remove { target, .. } => {
                if let Some(target) = target {
                    self.text(target);
                }
            }
            Edit::Splice { .. } | Edit::Step { .. } | Edit::Amend { .. } => {}
        }
    }
}
