//! From what a person does to the change that carries it.
//!
//! The pen makes only changes that the gate admits: names are derived, nothing is deleted, a
//! value that would replace several is a settlement and says so.

mod commit;

use automerge::transaction::{Transactable, Transaction};
use automerge::{ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};

use super::change::{BadChange, MAX_SCALAR, Scalar};
use super::choice::Choice;
use crate::catalogue::{Kind, Merge};
use crate::ids::{DeviceId, PersonId, StationId};

use commit::Names;
pub use commit::{change, change_at, create};

/// Names of entries that say "removed", of a row, a member or the record.
pub const REMOVED: &str = "removed";
/// The mark a settlement carries.
pub const SETTLE: &str = "settle";
/// The mark that gives the reason of an amendment.
pub const AMEND: &str = "amend";

/// Where a value stands in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    Field(String),
    /// A cell of the row `table/row`.
    Cell {
        row: String,
        cell: String,
    },
}

impl Spot {
    /// As marks name it: `field` or `table/row:cell`.
    pub fn path(&self) -> String {
        match self {
            Spot::Field(field) => field.clone(),
            Spot::Cell { row, cell } => format!("{row}:{cell}"),
        }
    }
}

/// One thing a person does to a record; an act holds several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Set {
        spot: Spot,
        value: Scalar,
    },
    /// Decides between the values that people wrote without knowing of each other.
    Settle {
        spot: Spot,
        value: Scalar,
    },
    /// One more member of a field that takes many, or one more chunk of a track.
    Add {
        field: String,
        value: Scalar,
    },
    AddRow {
        field: String,
        cells: Vec<(String, Scalar)>,
    },
    /// Strikes a row or member `field/name` out, or the whole record.
    Remove {
        target: Option<String>,
        reason: String,
    },
    /// Replaces `delete` UTF-16 units of a co-written text from the unit `at` on.
    Splice {
        field: String,
        at: usize,
        delete: usize,
        insert: String,
    },
    Step {
        to: String,
        note: Option<String>,
    },
    /// Why the record is amended by this act.
    Amend {
        reason: String,
    },
}

/// Letters that one splice of a co-written text may insert or take away: each is an operation,
/// and what takes more does not fit into an act.
pub const MAX_SPLICE: usize = 20_000;

/// Who writes, with what, when.
#[derive(Debug, Clone)]
pub struct Pen<'a> {
    pub station: &'a StationId,
    pub device: DeviceId,
    /// The device's generation in the record.
    pub g: u32,
    pub person: &'a PersonId,
    /// Milliseconds since 1970 by the device's clock.
    pub at: i64,
}

/// Why an edit makes no change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(
        "the record holds {values:?} for {path}, written without knowing of each other; settle it by naming the value that shall hold"
    )]
    Conflicted { path: String, values: Vec<Scalar> },
    #[error("the record has no {0}")]
    NothingThere(String),
    #[error(
        "the text of {field} is {length} units long and cannot be changed at {at}; a letter of two units cannot be cut in half"
    )]
    Position {
        field: String,
        at: usize,
        length: usize,
    },
    #[error("what was written is there already, nothing changes")]
    Nothing,
    #[error("a text of {0} bytes is too long for one value; {MAX_SCALAR} fit")]
    TooLong(usize),
    #[error(
        "{field}: {letters} letters are too many to write at once; {MAX_SPLICE} fit: write it in parts"
    )]
    TooMuchAtOnce { field: String, letters: usize },
    #[error("a value that is not in conflict needs no settlement: {0}")]
    NoConflict(String),
    #[error(transparent)]
    Record(#[from] BadChange),
}

/// What the first change of a record says besides its edits.
#[derive(Debug, Clone, Copy)]
pub struct Birth<'a> {
    pub kind: &'a Kind,
    pub external_id: Option<&'a str>,
}

/// The format of records, in their `v`.
pub const RECORD_VERSION: i64 = 1;

fn failed(error: automerge::AutomergeError) -> Refused {
    Refused::Record(BadChange::Undecodable(error.to_string()))
}

struct Hand<'a, 'tx, 'pen> {
    tx: &'a mut Transaction<'tx>,
    kind: Option<&'a Kind>,
    pen: &'a Pen<'pen>,
    names: &'a mut Names,
    choices: Vec<Choice>,
}

impl Hand<'_, '_, '_> {
    fn make(&mut self, edit: &Edit) -> Result<(), Refused> {
        match edit {
            Edit::Set { spot, value } => {
                let values = self.visible(spot)?;
                if values.len() > 1 && self.is_flag(spot) {
                    return Err(Refused::Conflicted {
                        path: spot.path(),
                        values,
                    });
                }
                self.set(spot, value)
            }
            Edit::Settle { spot, value } => {
                if self.visible(spot)?.len() < 2 || !self.is_flag(spot) {
                    return Err(Refused::NoConflict(spot.path()));
                }
                self.set(spot, value)?;
                self.mark(SETTLE, &[("path", Scalar::Str(spot.path()))])
            }
            Edit::Add { field, value } => {
                let key = format!("{field}/{}", self.names.next());
                let fields = self.container("fields")?;
                self.put(&fields, &key, value)
            }
            Edit::AddRow { field, cells } => {
                let key = format!("{field}/{}", self.names.next());
                let fields = self.container("fields")?;
                let row = self
                    .tx
                    .put_object(&fields, key, ObjType::Map)
                    .map_err(failed)?;
                cells
                    .iter()
                    .try_for_each(|(cell, value)| self.put(&row, cell, value))
            }
            Edit::Remove { target, reason } => self.remove(target.as_deref(), reason),
            Edit::Splice {
                field,
                at,
                delete,
                insert,
            } => self.splice(field, *at, *delete, insert),
            Edit::Step { to, note } => {
                let mut values = vec![("to", Scalar::Str(to.clone()))];
                values.extend(note.iter().map(|note| ("note", Scalar::Str(note.clone()))));
                self.entry("steps", &values)
            }
            Edit::Amend { reason } => self.mark(AMEND, &[("reason", Scalar::Str(reason.clone()))]),
        }
    }

    fn is_flag(&self, spot: &Spot) -> bool {
        let field = |name: &str| self.kind.and_then(|kind| kind.field(name));
        let known = match spot {
            Spot::Field(name) => field(name),
            Spot::Cell { row, cell } => row
                .split_once('/')
                .and_then(|(table, _)| field(table)?.cell(cell)),
        };
        known.is_none_or(|field| field.merge == Merge::Flag)
    }

    fn set(&mut self, spot: &Spot, value: &Scalar) -> Result<(), Refused> {
        let (object, key) = self.find(spot)?;
        self.put(&object, &key, value)
    }

    fn put(&mut self, object: &ObjId, key: &str, value: &Scalar) -> Result<(), Refused> {
        let length = match value {
            Scalar::Str(text) => text.len(),
            Scalar::Bytes(bytes) => bytes.len(),
            Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) => 0,
        };
        if length > MAX_SCALAR {
            return Err(Refused::TooLong(length));
        }
        let value = ScalarValue::from(value);
        let choice = Choice::of(self.tx, object, key, &value).map_err(failed)?;
        self.choices.extend(choice);
        self.tx.put(object, key, value).map_err(failed)
    }

    fn container(&self, name: &str) -> Result<ObjId, Refused> {
        self.object(&ROOT, name)
    }

    fn object(&self, parent: &ObjId, key: &str) -> Result<ObjId, Refused> {
        match self.tx.get(parent, key).map_err(failed)? {
            Some((Value::Object(_), id)) => Ok(id),
            Some((Value::Scalar(_), _)) | None => Err(Refused::NothingThere(key.to_owned())),
        }
    }

    fn find(&self, spot: &Spot) -> Result<(ObjId, String), Refused> {
        let fields = self.container("fields")?;
        match spot {
            Spot::Field(field) => Ok((fields, field.clone())),
            Spot::Cell { row, cell } => Ok((self.object(&fields, row)?, cell.clone())),
        }
    }

    fn visible(&self, spot: &Spot) -> Result<Vec<Scalar>, Refused> {
        let (object, key) = self.find(spot)?;
        let values = self.tx.get_all(&object, key).map_err(failed)?;
        values
            .iter()
            .map(|(value, _)| match value {
                Value::Scalar(value) => Scalar::try_from(value.as_ref()).map_err(Refused::from),
                Value::Object(_) => Err(Refused::NothingThere(spot.path())),
            })
            .collect()
    }

    fn remove(&mut self, target: Option<&str>, reason: &str) -> Result<(), Refused> {
        let fields = self.container("fields")?;
        let reason = Scalar::Str(reason.to_owned());
        let Some(target) = target else {
            return self.put(&fields, REMOVED, &reason);
        };
        match self.tx.get(&fields, target).map_err(failed)? {
            Some((Value::Object(ObjType::Map), row)) => self.put(&row, REMOVED, &reason),
            Some((Value::Scalar(_), _)) if target.contains('/') => {
                self.put(&fields, &format!("{target}/{REMOVED}"), &reason)
            }
            Some(_) | None => Err(Refused::NothingThere(target.to_owned())),
        }
    }

    fn splice(
        &mut self,
        field: &str,
        at: usize,
        delete: usize,
        insert: &str,
    ) -> Result<(), Refused> {
        let letters = insert.chars().count().saturating_add(delete);
        if letters > MAX_SPLICE {
            let field = field.to_owned();
            return Err(Refused::TooMuchAtOnce { field, letters });
        }
        let fields = self.container("fields")?;
        let text = self.object(&fields, field)?;
        let now: Vec<u16> = self
            .tx
            .text(&text)
            .map_err(failed)?
            .encode_utf16()
            .collect();
        let is_boundary = |at: usize| {
            at <= now.len()
                && now
                    .get(at)
                    .is_none_or(|unit| !(0xdc00..0xe000).contains(unit))
        };
        for at in [at, at.saturating_add(delete)] {
            if !is_boundary(at) {
                let field = field.to_owned();
                return Err(Refused::Position {
                    field,
                    at,
                    length: now.len(),
                });
            }
        }
        self.tx
            .splice_text(&text, at, delete as isize, insert)
            .map_err(failed)
    }

    fn mark(&mut self, kind: &str, values: &[(&str, Scalar)]) -> Result<(), Refused> {
        let mut all = vec![("type", Scalar::Str(kind.to_owned()))];
        all.extend_from_slice(values);
        self.entry("marks", &all)
    }

    fn entry(&mut self, container: &str, values: &[(&str, Scalar)]) -> Result<(), Refused> {
        let container = self.container(container)?;
        let key = self.names.next();
        let entry = self
            .tx
            .put_object(&container, key, ObjType::Map)
            .map_err(failed)?;
        for (name, value) in values {
            self.put(&entry, name, value)?;
        }
        self.put(&entry, "at", &Scalar::Int(self.pen.at))?;
        self.put(&entry, "by", &Scalar::Str(self.pen.person.to_string()))
    }
}
