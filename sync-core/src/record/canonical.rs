//! The canonical state of a record, by which two replicas are compared: the sorted change hashes
//! and everything visible, conflicts included. (The bytes of a saved document differ with the
//! order of merging.)

use std::collections::BTreeMap;

use automerge::iter::Span;
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, Value};

use super::change::{BadChange, Scalar, guarded};
use super::document;
use super::view::{Slot, View};
use crate::ids::Hash;

/// Equal on two replicas exactly when they hold the same record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canonical {
    pub hashes: Vec<Hash>,
    /// `fields/name`, `fields/table/row:cell`, `steps/key:to` and so on; all visible values in
    /// the order of their operations.
    pub values: BTreeMap<String, Vec<Scalar>>,
    pub texts: BTreeMap<String, String>,
}

impl Canonical {
    pub fn of_view(view: &View) -> Canonical {
        let mut hashes: Vec<Hash> = view.changes.iter().map(|change| change.hash).collect();
        hashes.sort();
        let mut canonical = Canonical {
            hashes,
            ..Canonical::default()
        };
        canonical.put("kind", vec![Scalar::Str(view.kind.clone())]);
        if let Some(id) = &view.external_id {
            canonical.put("external_id", vec![Scalar::Str(id.clone())]);
        }
        for (key, slot) in &view.fields {
            canonical.put(&format!("fields/{key}"), visible(slot));
        }
        for (key, row) in &view.rows {
            for (cell, slot) in &row.cells {
                canonical.put(&format!("fields/{key}:{cell}"), visible(slot));
            }
        }
        for (container, entries) in [("steps", &view.steps), ("marks", &view.marks)] {
            for entry in entries {
                for (name, value) in &entry.values {
                    canonical.put(
                        &format!("{container}/{}:{name}", entry.key),
                        vec![value.clone()],
                    );
                }
            }
        }
        for (key, text) in &view.texts {
            canonical.texts.insert(key.clone(), text.text.clone());
        }
        canonical
    }

    /// The same, read by Automerge from a document of the record's changes.
    pub fn of_document<'a>(
        changes: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Canonical, BadChange> {
        guarded(|| {
            let doc = document::load(changes)?;
            let changes = doc.get_changes(&[]);
            let mut hashes: Vec<Hash> = changes.iter().map(|at| Hash(at.hash().0)).collect();
            hashes.sort();
            let mut canonical = Canonical {
                hashes,
                ..Canonical::default()
            };
            canonical.read(&doc, &ROOT, "", 0)?;
            canonical
                .values
                .retain(|key, _| key != "v" && key != "station");
            Ok(canonical)
        })
    }

    fn put(&mut self, key: &str, values: Vec<Scalar>) {
        if !values.is_empty() {
            self.values.insert(key.to_owned(), values);
        }
    }

    fn read(
        &mut self,
        doc: &Automerge,
        map: &ObjId,
        path: &str,
        depth: usize,
    ) -> Result<(), BadChange> {
        let failed = |error: automerge::AutomergeError| BadChange::Undecodable(error.to_string());
        let separator = match depth {
            0 => "",
            1 => "/",
            _ => ":",
        };
        for key in doc.keys(map) {
            let path = format!("{path}{separator}{key}");
            let mut values = Vec::new();
            for (value, id) in doc.get_all(map, &key).map_err(failed)? {
                match value {
                    Value::Scalar(scalar) => values.push(Scalar::try_from(scalar.as_ref())?),
                    Value::Object(ObjType::Map) => self.read(doc, &id, &path, depth + 1)?,
                    Value::Object(ObjType::Text) => {
                        let spans = doc.spans(&id).map_err(failed)?;
                        let text = spans
                            .map(|span| match span {
                                Span::Text { text, .. } => text.to_string(),
                                Span::Block(_) => String::new(),
                            })
                            .collect();
                        self.texts.insert(key.clone(), text);
                    }
                    Value::Object(ObjType::List | ObjType::Table) => {
                        return Err(BadChange::NotOurs("a list"));
                    }
                }
            }
            self.put(&path, values);
        }
        Ok(())
    }
}

fn visible(slot: &Slot) -> Vec<Scalar> {
    slot.values
        .iter()
        .map(|written| written.value.clone())
        .collect()
}
