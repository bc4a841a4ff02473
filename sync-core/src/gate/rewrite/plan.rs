//! What did a stranded change say, and where does each statement stand now?

use std::collections::{BTreeMap, BTreeSet};

use super::Ground;
use crate::catalogue::{FieldType, Merge};
use crate::ids::ActorName;
use crate::record::change::{Action, At, Decoded, Obj, Op, OpId, Scalar};
use crate::record::history::{Clock, Place};
use crate::record::write::{AMEND, Edit, REMOVED, SETTLE, Spot};

#[derive(Debug, Default)]
pub(super) struct Plan {
    pub edits: Vec<Edit>,
    pub renamed: Vec<(String, String)>,
    /// Paths without a place.
    pub dropped: Vec<String>,
}

/// One statement, in the order in which the change makes them.
enum Said {
    Value {
        place: Where,
        key: String,
        value: Scalar,
    },
    Row {
        key: String,
        cells: Vec<(String, Scalar)>,
    },
    Member {
        key: String,
        value: Scalar,
    },
    Entry {
        container: String,
        values: BTreeMap<String, Scalar>,
    },
    Splice {
        field: String,
        at: usize,
        delete: usize,
        insert: String,
    },
    Unplaced(String),
}

/// Where an object that a change names stands now.
#[derive(Clone)]
enum Where {
    /// `fields`, `steps` or `marks`.
    Container(String),
    /// A row that is here, under its name of now.
    Row(String),
    Text(String),
    /// Made by the change itself: the statement that makes it.
    Own(usize),
    /// Not here: its path.
    Gone(String),
}

pub(super) fn plan(
    ground: &Ground<'_>,
    renamed_before: &[(String, String)],
    base: &Clock,
    change: &Decoded,
    actor: ActorName,
) -> Plan {
    let mut reader = Reader {
        ground,
        renamed: renamed_before.iter().cloned().collect(),
        base,
        change,
        said: Vec::new(),
        own: BTreeMap::new(),
        texts: BTreeMap::new(),
    };
    for index in 0..change.ops.len() {
        reader.op(index);
    }
    reader.finish(actor)
}

struct Reader<'a> {
    ground: &'a Ground<'a>,
    /// Names that changed earlier in the same act.
    renamed: BTreeMap<String, String>,
    base: &'a Clock,
    change: &'a Decoded,
    said: Vec<Said>,
    /// The change's own objects, and which statement makes them.
    own: BTreeMap<OpId, usize>,
    texts: BTreeMap<String, Letters>,
}

impl Reader<'_> {
    fn op(&mut self, index: usize) {
        let change = self.change;
        let op = &change.ops[index];
        let id = change.op_id(index);
        let place = self.place(&op.obj);
        match (&op.at, &op.action) {
            (At::Key(key), Action::Put(value)) => self.put(place, key, value),
            (At::Key(key), Action::MakeMap) => {
                let said = match place {
                    Where::Container(container) if container == "fields" => Said::Row {
                        key: key.clone(),
                        cells: Vec::new(),
                    },
                    Where::Container(container) => Said::Entry {
                        container,
                        values: BTreeMap::new(),
                    },
                    Where::Row(path) | Where::Text(path) | Where::Gone(path) => {
                        Said::Unplaced(format!("{path}:{key}"))
                    }
                    Where::Own(_) => Said::Unplaced(key.clone()),
                };
                self.own.insert(id, self.said.len());
                self.said.push(said);
            }
            (At::Head | At::Element(_), Action::Put(_) | Action::Delete) => {
                self.letter(place, op, id)
            }
            (
                At::Key(_) | At::Head | At::Element(_),
                Action::MakeText | Action::Delete | Action::MakeMap,
            ) => self.said.push(Said::Unplaced("text".into())),
        }
    }

    fn put(&mut self, place: Where, key: &str, value: &Scalar) {
        let value = value.clone();
        let is_member = key.split('/').count() == 2;
        match place {
            Where::Own(at) => match &mut self.said[at] {
                Said::Row { cells, .. } => {
                    cells.retain(|(cell, _)| cell != key);
                    cells.push((key.to_owned(), value));
                }
                Said::Entry { values, .. } => {
                    values.insert(key.to_owned(), value);
                }
                Said::Value { .. }
                | Said::Member { .. }
                | Said::Splice { .. }
                | Said::Unplaced(_) => {}
            },
            Where::Container(container) if container == "fields" && is_member => {
                let key = key.to_owned();
                self.said.push(Said::Member { key, value });
            }
            Where::Gone(path) | Where::Text(path) => {
                self.said.push(Said::Unplaced(format!("{path}:{key}")));
            }
            place @ (Where::Container(_) | Where::Row(_)) => {
                let key = key.to_owned();
                self.said.push(Said::Value { place, key, value });
            }
        }
    }

    fn place(&self, obj: &Obj) -> Where {
        let Obj::Made(id) = obj else {
            return Where::Gone("record".into());
        };
        if let Some(at) = self.own.get(id) {
            return Where::Own(*at);
        }
        let history = &*self.ground.history;
        if let Some(at) = history.find(id)
            && history.covers(self.base, at.0)
        {
            return match history.place(obj) {
                Place::Container(name) => Where::Container(name.clone()),
                Place::Row(key) => Where::Row(key.clone()),
                Place::Text(field) => Where::Text(field.clone()),
                Place::Entry(container, key) => Where::Gone(format!("{container}/{key}")),
                Place::Root | Place::Elsewhere => Where::Gone("record".into()),
            };
        }
        let Some(op) = held_op(self.ground, id) else {
            return Where::Gone("record".into());
        };
        match &op.at {
            // Of a record that was made twice: every record has the same ones.
            At::Key(container) if op.obj == Obj::Root && op.action == Action::MakeMap => {
                Where::Container(container.clone())
            }
            At::Key(old) => match self.name_of_now(old) {
                Some(key) => Where::Row(key),
                None => Where::Gone(old.clone()),
            },
            At::Head | At::Element(_) => Where::Gone("record".into()),
        }
    }

    /// The name under which a row or member that was held stands here, if its act was written anew.
    fn name_of_now(&self, old: &str) -> Option<String> {
        let anew = self
            .renamed
            .get(old)
            .or_else(|| self.ground.renamed.get(old))?;
        self.shows(anew).then(|| anew.clone())
    }

    fn shows(&self, key: &str) -> bool {
        self.visible(&Place::Container("fields".into()), key) > 0
    }

    fn visible(&self, place: &Place, key: &str) -> usize {
        let history = &*self.ground.history;
        let objects = history.objects_at(place);
        let count = |obj| history.visible(obj, key, Some(self.base)).len();
        objects.iter().map(count).sum()
    }

    fn letter(&mut self, place: Where, op: &Op, id: OpId) {
        let field = match place {
            Where::Text(field) => field,
            Where::Container(path) | Where::Row(path) | Where::Gone(path) => {
                return self.said.push(Said::Unplaced(path));
            }
            Where::Own(_) => return self.said.push(Said::Unplaced("text".into())),
        };
        let (ground, base, change) = (self.ground, self.base, self.change);
        let letters = self
            .texts
            .entry(field.clone())
            .or_insert_with(|| Letters::of(ground, base, change, &op.obj));
        match (&op.at, &op.action) {
            (At::Element(gone), Action::Delete) => {
                if let Some((at, delete)) = letters.delete(gone) {
                    self.splice(field, at, delete, None);
                }
            }
            (left, Action::Put(Scalar::Str(text))) => {
                let left = match left {
                    At::Element(left) => Some(*left),
                    At::Head | At::Key(_) => None,
                };
                // The history lets in letters one by one only.
                if let Some(letter) = text.chars().next() {
                    let at = letters.insert(left, id, letter);
                    self.splice(field, at, 0, Some(letter));
                }
            }
            (_, Action::Put(_) | Action::Delete | Action::MakeMap | Action::MakeText) => {}
        }
    }

    /// Adds to the splice before where it goes on writing or deleting at one place.
    fn splice(&mut self, field: String, at: usize, delete: usize, letter: Option<char>) {
        if let Some(Said::Splice {
            field: before,
            at: from,
            delete: gone,
            insert,
        }) = self.said.last_mut()
            && *before == field
        {
            match letter {
                Some(letter) if *from + insert.encode_utf16().count() == at => {
                    return insert.push(letter);
                }
                None if insert.is_empty() && *from == at => {
                    *gone += delete;
                    return;
                }
                Some(_) | None => {}
            }
        }
        let insert = letter.map(String::from).unwrap_or_default();
        self.said.push(Said::Splice {
            field,
            at,
            delete,
            insert,
        });
    }

    fn finish(mut self, actor: ActorName) -> Plan {
        let mut plan = Plan::default();
        let mut next_name = self.ground.history.actor_counts(&actor).1;
        let mut touched = BTreeSet::new();
        for said in std::mem::take(&mut self.said) {
            let edit = match self.edit(said, &mut touched) {
                Ok(edit) => edit,
                Err(None) => continue,
                Err(Some(path)) => {
                    plan.dropped.push(path);
                    continue;
                }
            };
            let (edit, old) = edit;
            let named = match &edit {
                Edit::Add { field, .. } | Edit::AddRow { field, .. } => Some(Some(field.clone())),
                Edit::Step { .. } | Edit::Amend { .. } | Edit::Settle { .. } => Some(None),
                Edit::Set { .. } | Edit::Remove { .. } | Edit::Splice { .. } => None,
            };
            if let Some(field) = named {
                let name = actor.key(next_name);
                next_name += 1;
                if let (Some(field), Some(old)) = (field, old) {
                    let new = format!("{field}/{name}");
                    self.renamed.insert(old.clone(), new.clone());
                    plan.renamed.push((old, new));
                }
            }
            plan.edits.push(edit);
        }
        plan
    }

    /// The edit that says it, and the old name of what it makes; or the path it had, or nothing
    /// where it is said by another edit.
    fn edit(
        &self,
        said: Said,
        touched: &mut BTreeSet<String>,
    ) -> Result<(Edit, Option<String>), Option<String>> {
        let table = |key: &str| key.split('/').next().unwrap_or(key).to_owned();
        match said {
            Said::Unplaced(path) => Err(Some(path)),
            Said::Splice {
                field,
                at,
                delete,
                insert,
            } => Ok((
                Edit::Splice {
                    field,
                    at,
                    delete,
                    insert,
                },
                None,
            )),
            Said::Row { key, cells } => Ok((
                Edit::AddRow {
                    field: table(&key),
                    cells,
                },
                Some(key),
            )),
            Said::Member { key, value } => Ok((
                Edit::Add {
                    field: table(&key),
                    value,
                },
                Some(key),
            )),
            Said::Entry {
                container,
                mut values,
            } => {
                let mut text = |name: &str| match values.remove(name) {
                    Some(Scalar::Str(text)) => Some(text),
                    Some(Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Bytes(_))
                    | None => None,
                };
                match (container.as_str(), text("to"), text("type").as_deref()) {
                    ("steps", Some(to), None) => Ok((
                        Edit::Step {
                            to,
                            note: text("note"),
                        },
                        None,
                    )),
                    ("marks", None, Some(AMEND)) => {
                        let reason = text("reason").ok_or(Some("marks".to_owned()))?;
                        Ok((Edit::Amend { reason }, None))
                    }
                    // Said again by the value, if there is still a conflict to settle.
                    ("marks", None, Some(SETTLE)) => Err(None),
                    (_, _, _) => Err(Some(container)),
                }
            }
            Said::Value {
                place: Where::Row(row),
                key: cell,
                value,
            } => match (cell.as_str(), value) {
                (REMOVED, Scalar::Str(reason)) => Ok((
                    Edit::Remove {
                        target: Some(row),
                        reason,
                    },
                    None,
                )),
                (_, value) => {
                    let place = Place::Row(row.clone());
                    let flags = self.cell_flags(&row, &cell);
                    let visible = self.visible(&place, &cell);
                    Ok((
                        set(Spot::Cell { row, cell }, value, flags, visible, touched),
                        None,
                    ))
                }
            },
            Said::Value { key, value, .. } => match (key.strip_suffix("/removed"), value) {
                (None, Scalar::Str(reason)) if key == REMOVED => Ok((
                    Edit::Remove {
                        target: None,
                        reason,
                    },
                    None,
                )),
                (Some(member), Scalar::Str(reason)) => {
                    let target = match self.renamed.get(member) {
                        Some(own) => Some(own.clone()),
                        None if self.shows(member) => Some(member.to_owned()),
                        None => self.name_of_now(member),
                    };
                    match target {
                        Some(target) => Ok((
                            Edit::Remove {
                                target: Some(target),
                                reason,
                            },
                            None,
                        )),
                        None => Err(Some(key)),
                    }
                }
                (_, value) => {
                    let flags = self.field_flags(&key);
                    let visible = self.visible(&Place::Container("fields".into()), &key);
                    Ok((set(Spot::Field(key), value, flags, visible, touched), None))
                }
            },
        }
    }

    fn field_flags(&self, name: &str) -> bool {
        let field = self.ground.kind.and_then(|kind| kind.field(name));
        field.is_none_or(|field| field.merge == Merge::Flag && field.ty != FieldType::CoText)
    }

    fn cell_flags(&self, row: &str, cell: &str) -> bool {
        let table = row.split('/').next().unwrap_or(row);
        let field = self
            .ground
            .kind
            .and_then(|kind| kind.field(table)?.cell(cell));
        field.is_none_or(|cell| cell.merge == Merge::Flag)
    }
}

/// The author replaced one value, or settled between several. Where more than one is visible
/// without the held act, the author's word settles, and says so.
fn set(
    spot: Spot,
    value: Scalar,
    flags: bool,
    visible: usize,
    touched: &mut BTreeSet<String>,
) -> Edit {
    let first = touched.insert(spot.path());
    match first && flags && visible > 1 {
        true => Edit::Settle { spot, value },
        false => Edit::Set { spot, value },
    }
}

fn held_op<'a>(ground: &'a Ground<'_>, id: &OpId) -> Option<&'a Op> {
    let mut made = ground.held.iter().filter_map(|held| {
        let change = &held.decoded;
        let index = id.counter.checked_sub(change.start_op)?;
        let is_its_own = change.actor == id.actor;
        is_its_own.then(|| change.ops.get(index as usize)).flatten()
    });
    made.next()
}

/// A text as the author would see it without the held acts, with every letter that was ever in it.
struct Letters {
    letters: Vec<(OpId, char, bool)>,
    /// Held letters: what each was written after.
    lefts: BTreeMap<OpId, Option<OpId>>,
    /// Letters that were written anew, by their first names.
    anew: BTreeMap<OpId, OpId>,
}

impl Letters {
    fn of(ground: &Ground<'_>, base: &Clock, change: &Decoded, text: &Obj) -> Letters {
        let history = &*ground.history;
        let mut lefts = BTreeMap::new();
        let mut anew = BTreeMap::new();
        let mut acts = BTreeSet::new();
        for held in &ground.held {
            for (id, left) in inserted(&held.decoded, text) {
                lefts.insert(id, left);
            }
            if held.decoded.hash != change.hash && acts.insert(held.act) {
                let of_act = ground.held.iter().filter(|other| other.act == held.act);
                let old = of_act.flat_map(|held| inserted(&held.decoded, text));
                let changes = history.changes().iter();
                let new = changes
                    .filter(|at| at.origin.act == held.in_books())
                    .flat_map(|at| inserted(&at.decoded, text));
                // Every letter of a held act is written anew, in the order of its operations.
                anew.extend(old.zip(new).map(|((old, _), (new, _))| (old, new)));
            }
        }
        let letters = history.elements(text, Some(base));
        Letters {
            letters,
            lefts,
            anew,
        }
    }

    /// Where the letter stands, or its nearest kept neighbour on the left; none is the head.
    fn find(&self, mut id: Option<OpId>) -> Option<usize> {
        while let Some(wanted) = id {
            let now = self.anew.get(&wanted).copied().unwrap_or(wanted);
            let at = |name| self.letters.iter().position(|(id, _, _)| *id == name);
            if let Some(at) = at(now).or_else(|| at(wanted)) {
                return Some(at);
            }
            id = self.lefts.get(&wanted).copied().flatten();
        }
        None
    }

    fn units_before(&self, at: usize) -> usize {
        let shown = self.letters[..at].iter().filter(|(_, _, shown)| *shown);
        shown.map(|(_, letter, _)| letter.len_utf16()).sum()
    }

    fn insert(&mut self, left: Option<OpId>, id: OpId, letter: char) -> usize {
        let at = self.find(left).map_or(0, |left| left + 1);
        self.letters.insert(at, (id, letter, true));
        self.units_before(at)
    }

    /// Where a letter that is still shown stands, and its length in units.
    fn delete(&mut self, gone: &OpId) -> Option<(usize, usize)> {
        let now = self.anew.get(gone).unwrap_or(gone);
        let at = self.letters.iter().position(|(id, _, _)| id == now)?;
        let (_, letter, shown) = &mut self.letters[at];
        let units = letter.len_utf16();
        std::mem::replace(shown, false).then(|| (self.units_before(at), units))
    }
}

/// The letters a change puts into a text, each with what it stands after.
fn inserted(change: &Decoded, text: &Obj) -> Vec<(OpId, Option<OpId>)> {
    let ops = change.ops.iter().enumerate();
    ops.filter(|(_, op)| op.insert && op.obj == *text)
        .map(|(index, op)| {
            let left = match &op.at {
                At::Element(left) => Some(*left),
                At::Head | At::Key(_) => None,
            };
            (change.op_id(index), left)
        })
        .collect()
}
