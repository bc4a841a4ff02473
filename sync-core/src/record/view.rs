//! A record as pages, lists and exports read it: what is visible, what was there before, and who
//! knew of what. One view serves a loaded document and a record that nobody has merged yet.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Action, At, Obj, OpId, Scalar};
use super::history::{Clock, History, OpAt, Origin, Place};
use crate::ids::{Hash, PersonId, RecordId};

/// A value somebody wrote: its change is an index into [`View::changes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub value: Scalar,
    pub change: usize,
    pub op: OpId,
}

/// One place for a value, with its whole history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slot {
    /// What is visible now, in the order of operations; several where people wrote without
    /// knowing of each other.
    pub values: Vec<Written>,
    /// What was replaced, in the order of operations.
    pub earlier: Vec<Written>,
}

impl Slot {
    /// The visible value that wins where only one can be shown: the causally last, and among
    /// concurrent ones the one every replica agrees on.
    pub fn last(&self) -> Option<&Written> {
        self.values.last()
    }

    pub fn writes(&self) -> impl Iterator<Item = &Written> {
        self.values.iter().chain(&self.earlier)
    }
}

/// A step or a mark: its entries are written in one change and never again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub change: usize,
    pub op: OpId,
    pub values: BTreeMap<String, Scalar>,
}

impl Entry {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).and_then(Scalar::as_str)
    }
}

/// A co-written text and the changes that touched it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub changes: Vec<usize>,
    /// Every letter ever written, in reading order.
    pub letters: Vec<Letter>,
}

/// A letter of a co-written text, with the changes that wrote it and struck it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub letter: char,
    pub written: usize,
    pub struck: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub hash: Hash,
    pub origin: Origin,
    /// What the change and those it rests on cover.
    clock: Clock,
    actor: usize,
    seq: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub record: RecordId,
    pub kind: String,
    pub v: i64,
    pub external_id: Option<String>,
    /// The changes in an order that all replicas share and that never puts a cause after its effect.
    pub changes: Vec<Made>,
    /// `name`, `name/member`, `name/member/removed` or `removed`.
    pub fields: BTreeMap<String, Slot>,
    /// `table/row` and the row's cells, among them `removed`; with the change that made the row.
    pub rows: BTreeMap<String, Row>,
    pub texts: BTreeMap<String, Text>,
    /// In the order of their operations.
    pub steps: Vec<Entry>,
    pub marks: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub op: OpId,
    pub change: usize,
    pub cells: BTreeMap<String, Slot>,
}

impl View {
    /// The view of a history that holds at least the record's first change.
    pub fn of(history: &History) -> View {
        Builder::new(history).view()
    }

    /// The person who made the record.
    pub fn author(&self) -> Option<&PersonId> {
        self.changes.first().map(|first| &first.origin.person)
    }

    /// Whether `later` was written by somebody who had seen `earlier`.
    pub fn saw(&self, later: usize, earlier: usize) -> bool {
        let earlier = &self.changes[earlier];
        self.changes[later].clock.covers(earlier.actor, earlier.seq)
    }

    pub fn slot(&self, key: &str) -> Option<&Slot> {
        self.fields.get(key)
    }
}

struct Builder<'h> {
    history: &'h History,
    /// From the order of arrival to the shared order.
    place_in_order: Vec<usize>,
    order: Vec<usize>,
    /// The changes, in the shared order, that touched each text.
    touched: BTreeMap<Obj, BTreeSet<usize>>,
}

impl<'h> Builder<'h> {
    fn new(history: &'h History) -> Self {
        let changes = history.changes();
        let mut order: Vec<usize> = (0..changes.len()).collect();
        order.sort_by_key(|at| (changes[*at].decoded.start_op, changes[*at].decoded.hash));
        let mut place_in_order = vec![0; order.len()];
        for (place, at) in order.iter().enumerate() {
            place_in_order[*at] = place;
        }
        let mut touched: BTreeMap<Obj, BTreeSet<usize>> = BTreeMap::new();
        for (at, change) in changes.iter().enumerate() {
            for op in &change.decoded.ops {
                if matches!(op.at, At::Head | At::Element(_)) {
                    touched
                        .entry(op.obj)
                        .or_default()
                        .insert(place_in_order[at]);
                }
            }
        }
        Builder {
            history,
            place_in_order,
            order,
            touched,
        }
    }

    fn view(&self) -> View {
        let mut view = View {
            record: self.history.record,
            kind: String::new(),
            v: 0,
            external_id: None,
            changes: self.changes(),
            fields: BTreeMap::new(),
            rows: BTreeMap::new(),
            texts: BTreeMap::new(),
            steps: self.entries("steps"),
            marks: self.entries("marks"),
        };
        let root = self.slots(&Place::Root);
        let scalar = |key: &str| {
            root.get(key)
                .and_then(Slot::last)
                .map(|at| at.value.clone())
        };
        view.kind = scalar("kind")
            .and_then(|kind| kind.as_str().map(str::to_owned))
            .unwrap_or_default();
        view.v = scalar("v").and_then(|v| v.as_int()).unwrap_or_default();
        view.external_id = scalar("external_id").and_then(|id| id.as_str().map(str::to_owned));

        let fields = Place::Container("fields".into());
        view.fields = self.slots(&fields);
        for (key, at, object) in self.objects(&fields) {
            match object {
                Place::Row(_) => {
                    let row = view.rows.entry(key).or_insert_with_key(|key| Row {
                        op: self.history.op_id(at),
                        change: self.place_in_order[at.0],
                        cells: self.slots(&Place::Row(key.clone())),
                    });
                    row.op = row.op.min(self.history.op_id(at));
                }
                Place::Text(_) => {
                    view.texts.insert(key.clone(), self.text(&Place::Text(key)));
                }
                Place::Root | Place::Container(_) | Place::Entry(_, _) | Place::Elsewhere => {}
            }
        }
        view
    }

    fn changes(&self) -> Vec<Made> {
        let changes = self.history.changes();
        // A history counts its actors as they arrive; a view must not show who came first.
        let mut actors: Vec<usize> = Vec::new();
        for at in &self.order {
            if changes[*at].decoded.seq == 1 {
                actors.push(changes[*at].actor());
            }
        }
        let mut rank = vec![0; actors.len()];
        for (place, actor) in actors.iter().enumerate() {
            rank[*actor] = place;
        }
        self.order
            .iter()
            .map(|at| {
                let change = &changes[*at];
                Made {
                    hash: change.decoded.hash,
                    origin: change.origin.clone(),
                    clock: change.clock.in_order(&actors),
                    actor: rank[change.actor()],
                    seq: change.decoded.seq,
                }
            })
            .collect()
    }

    /// All scalar slots of the objects at a place, read as one.
    fn slots(&self, place: &Place) -> BTreeMap<String, Slot> {
        let mut slots: BTreeMap<String, Slot> = BTreeMap::new();
        for object in self.history.objects_at(place) {
            for (key, ops) in self.history.keys(&object) {
                for at in ops {
                    let Action::Put(value) = &self.history.op(*at).action else {
                        continue;
                    };
                    let written = Written {
                        value: value.clone(),
                        change: self.place_in_order[at.0],
                        op: self.history.op_id(*at),
                    };
                    let slot = slots.entry(key.to_owned()).or_default();
                    match self.history.is_visible(*at, None) {
                        true => slot.values.push(written),
                        false => slot.earlier.push(written),
                    }
                }
            }
        }
        for slot in slots.values_mut() {
            slot.values.sort_by_key(|written| written.op);
            slot.earlier.sort_by_key(|written| written.op);
        }
        slots
    }

    /// The objects made under the keys of a container.
    fn objects(&self, container: &Place) -> Vec<(String, OpAt, Place)> {
        let mut objects = Vec::new();
        for object in self.history.objects_at(container) {
            for (key, ops) in self.history.keys(&object) {
                for at in ops {
                    let place = match self.history.op(*at).action {
                        Action::MakeMap | Action::MakeText => self.history.made(*at).clone(),
                        Action::Put(_) | Action::Delete => continue,
                    };
                    objects.push((key.to_owned(), *at, place));
                }
            }
        }
        objects
    }

    fn text(&self, place: &Place) -> Text {
        let mut text = Text::default();
        for object in self.history.objects_at(place) {
            for (id, letter, is_visible) in self.history.elements(&object, None) {
                text.text.extend(is_visible.then_some(letter));
                let Some(at) = self.history.find(&id) else {
                    continue;
                };
                let successors = self.history.successors(at).iter();
                let mut struck: Vec<usize> =
                    successors.map(|next| self.place_in_order[next.0]).collect();
                struck.sort_unstable();
                text.letters.push(Letter {
                    letter,
                    written: self.place_in_order[at.0],
                    struck,
                });
            }
            text.changes
                .extend(self.touched.get(&object).into_iter().flatten());
        }
        text.changes.sort_unstable();
        text.changes.dedup();
        text
    }

    fn entries(&self, container: &str) -> Vec<Entry> {
        let container = Place::Container(container.into());
        let mut entries: Vec<Entry> = self
            .objects(&container)
            .into_iter()
            .map(|(key, at, place)| Entry {
                key,
                change: self.place_in_order[at.0],
                op: self.history.op_id(at),
                values: self
                    .slots(&place)
                    .into_iter()
                    .filter_map(|(name, slot)| slot.last().map(|at| (name, at.value.clone())))
                    .collect(),
            })
            .collect();
        entries.sort_by_key(|entry| entry.op);
        entries
    }
}
