//! What people wrote into a record without knowing of each other, side by side.

use sync_core::catalogue::Field;
use sync_core::record::state::{self, Conflict};
use sync_core::record::view::Written;
use sync_core::record::write::Spot;

use super::Desk;
use crate::pages::ink::Ink;
use crate::pages::sheet::ConflictNote;
use crate::pages::value::shown;

impl Desk<'_> {
    pub(super) fn conflicts(&self) -> Vec<ConflictNote> {
        let written = |field: Option<&Field>, written: &Written| {
            self.value(shown(self.setter, field, &written.value), written.change)
        };
        let note = |conflict: Conflict<'_>| match conflict {
            Conflict::Values { spot, values } => ConflictNote {
                values: values
                    .iter()
                    .map(|one| written(self.field_of(&spot), one))
                    .collect(),
                label: self.label(&spot),
                of: None,
            },
            Conflict::RemovedEdited {
                target,
                removal,
                edits,
            } => {
                let what = match target {
                    Some(key) => self.label(&Spot::Field(
                        key.split('/').next().unwrap_or(key).to_owned(),
                    )),
                    None => Ink::label(&self.words().record),
                };
                let reason = shown(self.setter, None, &removal.value);
                let struck = Ink::sentence(&self.words().conflict_removed, &[("reason", reason)]);
                let mut values = vec![self.value(struck, removal.change)];
                values.extend(
                    edits
                        .iter()
                        .map(|edit| self.value(Ink::label(&self.words().conflict_edited), *edit)),
                );
                ConflictNote {
                    label: what,
                    of: None,
                    values,
                }
            }
            Conflict::Steps(steps) => ConflictNote {
                label: Ink::label(&self.words().conflict_steps),
                of: None,
                values: steps
                    .iter()
                    .map(|step| {
                        self.value(
                            self.step_label(step.text("to").unwrap_or_default()),
                            step.change,
                        )
                    })
                    .collect(),
            },
        };
        state::conflicts(self.view, self.kind)
            .into_iter()
            .map(note)
            .collect()
    }
}
