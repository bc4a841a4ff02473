//! Does a change stand soundly on those that are here? Takes it, or takes it back.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{is_name, place_of};
use super::{Actor, Change, Clock, History, Object, OpAt, Origin};
use crate::ids::Hash;
use crate::record::change::{Action, At, Decoded, MAX_DEPS, Obj, OpId, Scalar};

/// A record may hold this many operations.
pub const MAX_OPS_A_RECORD: usize = 500_000;
const MAX_DEPTH: usize = 16;
const MAX_TIME: i64 = 1 << 40;

/// Why a change does not stand on the record as it is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    #[error("the record has this change already")]
    Known,
    #[error("the change rests on {0}, which is not here")]
    UnknownDependency(Hash),
    #[error("the change's dependencies are not sorted, or too many")]
    Dependencies,
    #[error("it is change {got} of its actor where change {want} was due")]
    Sequence { got: u64, want: u64 },
    #[error("the change does not rest on its actor's own previous one")]
    ForgetsItself,
    #[error("its operations begin at {got} where {want} was due")]
    StartOp { got: u64, want: u64 },
    #[error("its time lies outside the possible")]
    Time,
    #[error("the change says nothing")]
    Empty,
    #[error("only the first change of a record rests on nothing")]
    First,
    #[error("operation {0} names an object or element that is not in its past")]
    Dangling(usize),
    #[error("operation {0} does not fit the object it names")]
    Misfit(usize),
    #[error("operation {0} does not replace exactly what was visible to it")]
    Predecessors(usize),
    #[error("operation {0} makes an object more than {MAX_DEPTH} deep")]
    Depth(usize),
    #[error("the record would hold more than {MAX_OPS_A_RECORD} operations")]
    TooLarge,
}

impl History {
    /// Takes a change if it stands soundly on the changes that are here, and leaves the history
    /// as it was if not.
    pub fn push(
        &mut self,
        decoded: Decoded,
        bytes: Vec<u8>,
        origin: Origin,
    ) -> Result<usize, Unsound> {
        let mut clock = self.check_frame(&decoded)?;
        let actor = match self
            .actors
            .iter()
            .position(|known| known.name == decoded.actor)
        {
            Some(actor) => actor,
            None => {
                let name = decoded.actor;
                self.actors.push(Actor {
                    name,
                    changes: Vec::new(),
                    names: 0,
                });
                self.actors.len() - 1
            }
        };
        // Each change has an operation, so there are never more of them than a record may hold.
        clock.raise(actor, decoded.seq as u32);
        let position = self.changes.len();
        self.actors[actor].changes.push(position);
        self.by_hash.insert(decoded.hash, position);
        let operations = decoded.ops.len();
        let successors = vec![Vec::new(); operations];
        self.changes.push(Change {
            decoded,
            bytes,
            origin,
            clock,
            actor,
            successors,
        });
        for index in 0..operations {
            if let Err(unsound) = self.push_op((position, index)) {
                self.undo(position, index);
                return Err(unsound);
            }
        }
        Ok(position)
    }

    /// Takes the newest changes away until `length` are left.
    pub fn truncate(&mut self, length: usize) {
        while self.changes.len() > length {
            let position = self.changes.len() - 1;
            self.undo(position, self.changes[position].decoded.ops.len());
        }
    }

    fn check_frame(&self, change: &Decoded) -> Result<Clock, Unsound> {
        if self.by_hash.contains_key(&change.hash) {
            return Err(Unsound::Known);
        }
        let sorted = change.deps.is_sorted_by(|a, b| a < b);
        if !sorted || change.deps.len() > MAX_DEPS {
            return Err(Unsound::Dependencies);
        }
        if change.deps.is_empty() != self.changes.is_empty() {
            return Err(Unsound::First);
        }
        let clock = self.past(&change.deps)?;
        let (written, _) = self.actor_counts(&change.actor);
        if change.seq != written + 1 {
            return Err(Unsound::Sequence {
                got: change.seq,
                want: written + 1,
            });
        }
        if let Some(actor) = self
            .actors
            .iter()
            .position(|known| known.name == change.actor)
            && u64::from(clock.get(actor)) != written
        {
            return Err(Unsound::ForgetsItself);
        }
        if !(0..MAX_TIME).contains(&change.time) {
            return Err(Unsound::Time);
        }
        if change.ops.is_empty() {
            return Err(Unsound::Empty);
        }
        if self.operations + change.ops.len() > MAX_OPS_A_RECORD {
            return Err(Unsound::TooLarge);
        }
        let largest = change
            .deps
            .iter()
            .filter_map(|dep| self.position(dep))
            .map(|at| self.changes[at].decoded.max_op())
            .max();
        let want = largest.unwrap_or(0) + 1;
        if change.start_op != want {
            return Err(Unsound::StartOp {
                got: change.start_op,
                want,
            });
        }
        Ok(clock)
    }

    fn push_op(&mut self, at: OpAt) -> Result<(), Unsound> {
        let (position, index) = at;
        let change = &self.changes[position];
        let op = &change.decoded.ops[index];
        let id = change.decoded.op_id(index);
        let clock = &change.clock;
        let object = self.objects.get(&op.obj).ok_or(Unsound::Dangling(index))?;
        if let Obj::Made(maker) = op.obj {
            let made_at = self.find(&maker).ok_or(Unsound::Dangling(index))?;
            if !self.covers(clock, made_at.0) {
                return Err(Unsound::Dangling(index));
            }
        }
        let mut replaced: Vec<OpAt> = Vec::new();
        match (&op.at, &op.action, op.insert, object.is_text) {
            (At::Key(key), Action::Put(_) | Action::MakeMap | Action::MakeText, false, false) => {
                replaced = self.visible(&op.obj, key, Some(clock));
            }
            (At::Head, Action::Put(Scalar::Str(letter)), true, true) if is_one(letter) => {}
            (At::Element(left), Action::Put(Scalar::Str(letter)), true, true) if is_one(letter) => {
                self.element(&op.obj, left, clock)
                    .ok_or(Unsound::Dangling(index))?;
            }
            (At::Element(gone), Action::Delete, false, true) => {
                let element = self
                    .element(&op.obj, gone, clock)
                    .ok_or(Unsound::Dangling(index))?;
                if !self.is_visible(element, Some(clock)) {
                    return Err(Unsound::Predecessors(index));
                }
                replaced = vec![element];
            }
            (
                At::Key(_) | At::Head | At::Element(_),
                Action::Put(_) | Action::MakeMap | Action::MakeText | Action::Delete,
                _,
                _,
            ) => return Err(Unsound::Misfit(index)),
        }
        let mut pred = op.pred.clone();
        pred.sort();
        let visible: Vec<OpId> = replaced.iter().map(|at| self.op_id(*at)).collect();
        if pred != visible {
            return Err(Unsound::Predecessors(index));
        }
        let depth = object.depth + 1;
        let made = matches!(op.action, Action::MakeMap | Action::MakeText);
        if made && depth > MAX_DEPTH {
            return Err(Unsound::Depth(index));
        }

        let (obj, place_at, insert) = (op.obj, op.at.clone(), op.insert);
        let is_text = op.action == Action::MakeText;
        self.by_op.insert(id, at);
        self.operations += 1;
        for old in replaced {
            self.changes[old.0].successors[old.1].push(at);
        }
        let actor = self.changes[position].actor;
        if let Some(object) = self.objects.get_mut(&obj) {
            match place_at {
                At::Key(key) => {
                    let place = made.then(|| place_of(&object.place, &key, is_text));
                    let writes = object.keys.entry(key.clone()).or_default();
                    writes.push(at, &self.changes);
                    if writes.all.len() == 1 && is_name(&object.place, &key) {
                        self.actors[actor].names += 1;
                    }
                    if let Some(place) = place {
                        let (keys, after) = (BTreeMap::new(), BTreeSet::new());
                        let made = Object {
                            place,
                            depth,
                            is_text,
                            keys,
                            after,
                        };
                        self.objects.insert(Obj::Made(id), made);
                    }
                }
                At::Head if insert => {
                    object.after.insert((None, id));
                }
                At::Element(left) if insert => {
                    object.after.insert((Some(left), id));
                }
                At::Head | At::Element(_) => {}
            }
        }
        Ok(())
    }

    /// The element `id` of the text `obj`, if one who has seen `clock` knows it.
    fn element(&self, obj: &Obj, id: &OpId, clock: &Clock) -> Option<OpAt> {
        let at = self.find(id)?;
        let op = self.op(at);
        (op.insert && op.obj == *obj && self.covers(clock, at.0)).then_some(at)
    }

    /// Takes back the first `operations` operations of the newest change, and the change.
    fn undo(&mut self, position: usize, operations: usize) {
        for index in (0..operations).rev() {
            self.undo_op((position, index));
        }
        if let Some(change) = self.changes.pop() {
            self.by_hash.remove(&change.decoded.hash);
            self.actors[change.actor].changes.pop();
            // An actor without changes is forgotten, or its index would differ from a rebuild's.
            if self
                .actors
                .last()
                .is_some_and(|actor| actor.changes.is_empty())
            {
                self.actors.pop();
            }
        }
    }

    fn undo_op(&mut self, at: OpAt) {
        let change = &self.changes[at.0];
        let (actor, id, op) = (
            change.actor,
            change.decoded.op_id(at.1),
            self.op(at).clone(),
        );
        for pred in &op.pred {
            if let Some(old) = self.find(pred) {
                self.changes[old.0].successors[old.1].retain(|next| *next != at);
            }
        }
        self.by_op.remove(&id);
        self.objects.remove(&Obj::Made(id));
        self.operations -= 1;
        let Some(object) = self.objects.get_mut(&op.obj) else {
            return;
        };
        let left = match &op.at {
            At::Key(key) => {
                if let Some(writes) = object.keys.get_mut(key) {
                    writes.pop(actor);
                    if writes.all.is_empty() {
                        if is_name(&object.place, key) {
                            self.actors[actor].names -= 1;
                        }
                        object.keys.remove(key);
                    }
                }
                return;
            }
            At::Head => None,
            At::Element(left) => Some(*left),
        };
        if op.insert {
            object.after.remove(&(left, id));
        }
    }
}

fn is_one(text: &str) -> bool {
    text.chars().count() == 1
}
