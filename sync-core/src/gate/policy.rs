//! May this person write there? Every path that a change writes is looked up in the catalogue
//! under which it was written. What the merged state says plays no part: rights that depend on
//! the record are read from the change's own causal past.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::held::{Code, Held};
use crate::catalogue::{AUTHOR, Field, FieldType, HANDLER, Kind, MEMBER, Merge, Where};
use crate::ids::{PersonId, StationId};
use crate::record::change::{Action, At, Obj, Op, Scalar};
use crate::record::history::{Clock, History, OpAt, Place, is_name};
use crate::record::value;
use crate::record::write::{AMEND, REMOVED, SETTLE};

/// Who may write what no catalogue names: a field of a newer phone, a removal of the record.
const DEFAULT_WRITERS: [&str; 2] = [AUTHOR, HANDLER];
/// Bytes of the id that a record has in another system.
pub const MAX_EXTERNAL_ID: usize = 128;
const MAX_ENTRY_VALUES: usize = 32;

/// A person, with what the charter grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    pub person: PersonId,
    /// Granted when it was written and granted still.
    pub roles: Vec<String>,
    pub seat: Seat,
}

/// Where a person writes: some steps ask for more than a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    Phone,
    /// At the station itself, which may take the steps that no phone may. It grants no role.
    Console,
}

/// Judges the change at `position`, which the history has taken. `kind` is none where the
/// catalogue has no such kind: the record of a newer phone.
pub fn check(
    history: &History,
    position: usize,
    station: &StationId,
    kind: Option<&Kind>,
    rights: &Rights,
) -> Result<(), Held> {
    let change = &history.changes()[position];
    let (_, names) = history.actor_counts(&change.decoded.actor);
    let new_names = (0..change.decoded.ops.len())
        .filter(|index| new_name(history, (position, *index)).is_some())
        .count() as u64;
    let mut reader = Reader {
        history,
        position,
        clock: &change.clock,
        kind,
        rights,
        author: &history.changes()[0].origin.person,
        next_name: names - new_names,
        entries: BTreeMap::new(),
        settles: BTreeSet::new(),
        handler: OnceCell::new(),
    };
    if position == 0 {
        reader.birth(station)?;
    }
    for (index, op) in change.decoded.ops.iter().enumerate() {
        reader.op((position, index), op)?;
    }
    reader.finish()
}

/// The derived name that an operation gives, if it is the first to write there.
fn new_name(history: &History, at: OpAt) -> Option<&str> {
    let op = history.op(at);
    let At::Key(key) = &op.at else { return None };
    let first = history.first_at(&op.obj, key) == Some(at);
    (first && is_name(history.place(&op.obj), key)).then(|| key.rsplit('/').next().unwrap_or(key))
}

struct Reader<'a> {
    history: &'a History,
    position: usize,
    clock: &'a Clock,
    kind: Option<&'a Kind>,
    rights: &'a Rights,
    author: &'a PersonId,
    next_name: u64,
    /// The steps and marks this change makes, by container and key.
    entries: BTreeMap<(String, String), BTreeMap<String, Scalar>>,
    /// Paths where the change replaces several values of a field that flags conflicts.
    settles: BTreeSet<String>,
    /// Whether the person is a handler, once asked: a change may ask 50,000 times.
    handler: OnceCell<bool>,
}

impl<'a> Reader<'a> {
    /// The first change says what the record is and makes its containers, and nobody else does.
    fn birth(&self, station: &StationId) -> Result<(), Held> {
        let scalar = |key: &str| {
            let at = self.history.visible(&Obj::Root, key, None).pop()?;
            match &self.history.op(at).action {
                Action::Put(value) => Some(value.clone()),
                Action::MakeMap | Action::MakeText | Action::Delete => None,
            }
        };
        let kind = scalar("kind");
        let named = kind.as_ref().and_then(Scalar::as_str).is_some_and(|name| {
            !name.is_empty() && name.len() <= 48 && self.kind.is_none_or(|kind| kind.name == name)
        });
        let whole = named
            && scalar("v").and_then(|v| v.as_int()).is_some()
            && scalar("station") == Some(Scalar::Str(station.to_string()))
            && scalar("external_id").is_none_or(|id| {
                id.as_str()
                    .is_some_and(|id| (1..=MAX_EXTERNAL_ID).contains(&id.len()))
            })
            && ["fields", "steps", "marks", "secrets"]
                .iter()
                .all(|container| {
                    self.history
                        .objects_at(&Place::Container((*container).into()))
                        .len()
                        == 1
                });
        if !whole {
            return Err(Held::new(Code::WrongForm, "the record's first change"));
        }
        let roles = self.kind.map(|kind| kind.create.as_slice());
        match roles.is_none_or(|roles| self.may(roles)) {
            true => Ok(()),
            false => Err(Held::new(Code::Forbidden, "create")),
        }
    }

    fn op(&mut self, at: OpAt, op: &Op) -> Result<(), Held> {
        if let Some(name) = new_name(self.history, at) {
            let actor = self.history.changes()[self.position].decoded.actor;
            if name != actor.key(self.next_name) {
                return Err(Held::new(Code::BadName, name));
            }
            self.next_name += 1;
        }
        let place = self.history.place(&op.obj);
        match (place, &op.at) {
            (Place::Root, At::Key(key)) => self.root(key),
            (Place::Container(container), At::Key(key)) if container == "fields" => {
                self.field(at, op, key)
            }
            (Place::Container(container), At::Key(key)) if container != "secrets" => {
                self.new_entry(at, op, container, key)
            }
            (Place::Row(row), At::Key(cell)) => self.cell(op, row, cell),
            (Place::Entry(container, key), At::Key(name)) if container != "secrets" => {
                self.entry(op, container, key, name)
            }
            (Place::Text(field), At::Head | At::Element(_)) => match self.known(field) {
                Some(field) => self.allow(&field.write, &field.name),
                None => self.allow_default(field),
            },
            (
                Place::Root
                | Place::Container(_)
                | Place::Row(_)
                | Place::Entry(_, _)
                | Place::Text(_)
                | Place::Elsewhere,
                At::Key(_) | At::Head | At::Element(_),
            ) => Err(Held::new(Code::UnknownPath, describe(place, &op.at))),
        }
    }

    fn root(&self, key: &str) -> Result<(), Held> {
        const OURS: [&str; 8] = [
            "kind",
            "v",
            "station",
            "external_id",
            "fields",
            "steps",
            "marks",
            "secrets",
        ];
        match (OURS.contains(&key), self.position) {
            (true, 0) => Ok(()),
            (true, _) => Err(Held::new(Code::NotAppendOnly, key)),
            (false, _) => Err(Held::new(Code::UnknownPath, key)),
        }
    }

    fn field(&mut self, at: OpAt, op: &Op, key: &str) -> Result<(), Held> {
        let parts: Vec<&str> = key.split('/').collect();
        let name = parts[0];
        let known = self.known(name);
        if key == REMOVED {
            reason(op, key)?;
            return self.allow_default(key);
        }
        match known {
            Some(field) => self.allow(&field.write, name)?,
            None => self.allow_default(name)?,
        }
        let wrong = || Err(Held::new(Code::WrongForm, key));
        match (parts.as_slice(), &op.action) {
            ([_], Action::Put(value)) => {
                let single = |field: &Field| {
                    !field.many
                        && !field.is_rows()
                        && field.ty != FieldType::Track
                        && value::fits(field, value)
                };
                if !known.is_none_or(single) {
                    return wrong();
                }
                let flags = known.is_none_or(|field| field.merge == Merge::Flag);
                if flags && op.pred.len() > 1 {
                    self.settles.insert(key.to_owned());
                }
                Ok(())
            }
            ([_], Action::MakeText) => match known.is_none_or(|f| f.ty == FieldType::CoText) {
                true if self.position == 0 => Ok(()),
                true => Err(Held::new(Code::NotAppendOnly, key)),
                false => wrong(),
            },
            ([_, _], Action::Put(value)) => {
                let member = |field: &Field| {
                    (field.many || field.ty == FieldType::Track) && value::fits(field, value)
                };
                self.added(at, op, key)?;
                if known.is_none_or(member) {
                    Ok(())
                } else {
                    wrong()
                }
            }
            ([_, _], Action::MakeMap) => {
                self.added(at, op, key)?;
                if known.is_none_or(Field::is_rows) {
                    Ok(())
                } else {
                    wrong()
                }
            }
            ([_, member, last], Action::Put(_)) if *last == REMOVED => {
                reason(op, key)?;
                let member = format!("{name}/{member}");
                match self
                    .history
                    .visible(&op.obj, &member, Some(self.clock))
                    .is_empty()
                {
                    true => Err(Held::new(Code::UnknownPath, key)),
                    false => Ok(()),
                }
            }
            (_, Action::Put(_) | Action::MakeMap | Action::MakeText | Action::Delete) => {
                Err(Held::new(Code::UnknownPath, key))
            }
        }
    }

    /// Rows and members are made once, and never written over.
    fn added(&self, at: OpAt, op: &Op, key: &str) -> Result<(), Held> {
        match self.history.first_at(&op.obj, key) == Some(at) && op.pred.is_empty() {
            true => Ok(()),
            false => Err(Held::new(Code::NotAppendOnly, key)),
        }
    }

    fn cell(&mut self, op: &Op, row: &str, cell: &str) -> Result<(), Held> {
        let table = row.split('/').next().unwrap_or(row);
        let path = format!("{row}:{cell}");
        let known = self.known(table);
        match known {
            Some(field) => self.allow(&field.write, table)?,
            None => self.allow_default(table)?,
        }
        if cell == REMOVED {
            return reason(op, &path);
        }
        let Action::Put(value) = &op.action else {
            return Err(Held::new(Code::WrongForm, path));
        };
        let known = known.and_then(|field| field.cell(cell));
        if !known.is_none_or(|cell| value::fits(cell, value)) {
            return Err(Held::new(Code::WrongForm, path));
        }
        if op.pred.len() > 1 && known.is_none_or(|cell| cell.merge == Merge::Flag) {
            self.settles.insert(path);
        }
        Ok(())
    }

    fn new_entry(&mut self, at: OpAt, op: &Op, container: &str, key: &str) -> Result<(), Held> {
        if op.action != Action::MakeMap {
            return Err(Held::new(Code::WrongForm, format!("{container}/{key}")));
        }
        self.added(at, op, key)?;
        self.entries
            .insert((container.to_owned(), key.to_owned()), BTreeMap::new());
        Ok(())
    }

    fn entry(&mut self, op: &Op, container: &str, key: &str, name: &str) -> Result<(), Held> {
        let path = format!("{container}/{key}:{name}");
        let Some(entry) = self
            .entries
            .get_mut(&(container.to_owned(), key.to_owned()))
        else {
            return Err(Held::new(Code::NotAppendOnly, path));
        };
        match &op.action {
            Action::Put(value) if entry.len() < MAX_ENTRY_VALUES => {
                entry.insert(name.to_owned(), value.clone());
                Ok(())
            }
            Action::Put(_) | Action::MakeMap | Action::MakeText | Action::Delete => {
                Err(Held::new(Code::WrongForm, path))
            }
        }
    }

    fn finish(mut self) -> Result<(), Held> {
        for ((container, key), entry) in std::mem::take(&mut self.entries) {
            let path = format!("{container}/{key}");
            let text = |name: &str| entry.get(name).and_then(Scalar::as_str);
            let Some(by) =
                text("by").filter(|_| entry.get("at").and_then(Scalar::as_int).is_some())
            else {
                return Err(Held::new(Code::WrongForm, path));
            };
            if by != self.rights.person.as_str() {
                let step = text("to").and_then(|to| self.kind?.step(to));
                let what = step.map_or(path.as_str(), |step| &step.to);
                return Err(Held::new(Code::AnotherPerson, what));
            }
            match (container.as_str(), text("to"), text("type")) {
                ("steps", Some(to), None) => self.step(to)?,
                ("marks", None, Some(SETTLE)) => {
                    let settled = text("path").is_some_and(|path| self.settles.remove(path));
                    if !settled {
                        return Err(Held::new(Code::Settlement, path));
                    }
                }
                ("marks", None, Some(AMEND)) if text("reason").is_some() => {}
                (_, _, _) => return Err(Held::new(Code::WrongForm, path)),
            }
        }
        match self.settles.first() {
            Some(path) => Err(Held::new(Code::Settlement, path)),
            None => Ok(()),
        }
    }

    fn step(&self, to: &str) -> Result<(), Held> {
        let Some(step) = self.kind.and_then(|kind| kind.step(to)) else {
            return self.allow_default(to);
        };
        match (step.where_, self.rights.seat) {
            (Some(Where::Console), Seat::Phone) => Err(Held::new(Code::ServerOnly, to)),
            (Some(Where::Console), Seat::Console) | (None, Seat::Phone | Seat::Console) => {
                self.allow(&step.by, to)
            }
        }
    }

    fn known(&self, name: &str) -> Option<&'a Field> {
        self.kind.and_then(|kind| kind.field(name))
    }

    fn allow(&self, roles: &[String], what: &str) -> Result<(), Held> {
        match self.may(roles) {
            true => Ok(()),
            false => Err(Held::new(Code::Forbidden, what)),
        }
    }

    fn allow_default(&self, what: &str) -> Result<(), Held> {
        match self.may(&DEFAULT_WRITERS) {
            true => Ok(()),
            false => Err(Held::new(Code::Forbidden, what)),
        }
    }

    fn may<R: AsRef<str>>(&self, roles: &[R]) -> bool {
        roles.iter().any(|role| match role.as_ref() {
            MEMBER => true,
            AUTHOR => *self.author == self.rights.person,
            HANDLER => *self.handler.get_or_init(|| self.is_handler()),
            role => self.rights.roles.iter().any(|own| own == role),
        })
    }

    /// Whether somebody in the change's past put the person among the record's handlers. A
    /// removal does not undo it: what was written in good faith stays written.
    fn is_handler(&self) -> bool {
        let Some(field) = self.kind.and_then(|kind| kind.handlers.as_deref()) else {
            return false;
        };
        let person = Scalar::Str(self.rights.person.to_string());
        let fields = Place::Container("fields".into());
        self.history.objects_at(&fields).iter().any(|object| {
            self.history.keys_from(object, field).any(|(key, ops)| {
                let names_it = key == field
                    || key
                        .split_once('/')
                        .is_some_and(|(name, rest)| name == field && !rest.contains('/'));
                names_it
                    && ops.iter().any(|at| {
                        self.history.covers(self.clock, at.0)
                            && at.0 != self.position
                            && self.history.op(*at).action == Action::Put(person.clone())
                    })
            })
        })
    }
}

fn reason(op: &Op, path: &str) -> Result<(), Held> {
    match &op.action {
        Action::Put(Scalar::Str(_)) => Ok(()),
        Action::Put(_) | Action::MakeMap | Action::MakeText | Action::Delete => {
            Err(Held::new(Code::WrongForm, path))
        }
    }
}

fn describe(place: &Place, at: &At) -> String {
    let key = match at {
        At::Key(key) => key.chars().take(80).collect(),
        At::Head | At::Element(_) => "an element".to_owned(),
    };
    match place {
        Place::Root => key,
        Place::Container(container) => format!("{container}/{key}"),
        Place::Row(row) => format!("{row}:{key}"),
        Place::Entry(container, entry) => format!("{container}/{entry}:{key}"),
        Place::Text(field) => format!("{field}:{key}"),
        Place::Elsewhere => format!("somewhere:{key}"),
    }
}
