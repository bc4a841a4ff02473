//! All operations of one record, indexed by what they touch: the one reader of causality.
//!
//! A history takes a change only if it stands soundly on those it names (the structure part of
//! the gate) and answers what was visible where to whom. It knows nothing of kinds and fields.
//!
//! [`grow`] takes changes and takes them back; [`clock`] says what somebody has seen; [`place`]
//! what an object is.

mod clock;
mod grow;
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::change::{Action, Decoded, Obj, Op, OpId, Scalar};
use crate::ids::{ActId, ActorName, Hash, PersonId, RecordId};

pub use clock::Clock;
pub use grow::{MAX_OPS_A_RECORD, Unsound};
pub use place::{Place, is_name};

/// Who made a change, in which act, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The act as its author knows it: for an act that the server wrote anew, the original one.
    pub act: ActId,
    pub person: PersonId,
    /// Recorded: milliseconds since 1970 by the device's clock.
    pub at: i64,
    /// Received: milliseconds since 1970 by the server's clock; none while only phones know it.
    pub received_at: Option<i64>,
    /// The position in the station log; none while only phones know it.
    pub entry: Option<u64>,
}

/// Where an operation stands: (change, operation).
pub type OpAt = (usize, usize);

#[derive(Debug, Clone)]
pub struct Change {
    pub decoded: Decoded,
    /// The change as its author wrote it.
    pub bytes: Vec<u8>,
    pub origin: Origin,
    /// The change itself and all that it rests on.
    pub clock: Clock,
    actor: usize,
    /// Per operation, those that replaced or deleted it.
    successors: Vec<Vec<OpAt>>,
}

impl Change {
    /// The actor's index in the clocks of this history.
    pub fn actor(&self) -> usize {
        self.actor
    }
}

#[derive(Debug, Clone)]
struct Object {
    place: Place,
    depth: usize,
    is_text: bool,
    keys: BTreeMap<String, Writes>,
    /// Of a text: each element after the one (or the head) it was inserted right after.
    after: BTreeSet<(Option<OpId>, OpId)>,
}

impl Object {
    /// The elements inserted right after `left`, oldest first.
    fn children(&self, left: Option<OpId>) -> impl Iterator<Item = OpId> {
        let bound = |counter, byte| {
            let actor = ActorName([byte; 16]);
            (left, OpId { counter, actor })
        };
        self.after
            .range(bound(0, 0)..=bound(u64::MAX, 255))
            .map(|(_, id)| *id)
    }
}

/// All operations ever written at one key, in the order of their arrival.
#[derive(Debug, Clone, Default)]
struct Writes {
    all: Vec<OpAt>,
    /// The same by actor, once there are many. Of an actor only the last operation that somebody
    /// has seen can be visible to them: it replaced what its own actor had written before. Without
    /// this, half a million writes of one key cost hours.
    by_actor: BTreeMap<usize, Vec<OpAt>>,
}

/// Fewer writes of one key than this are simply looked through.
const MANY: usize = 16;

impl Writes {
    fn push(&mut self, at: OpAt, changes: &[Change]) {
        self.all.push(at);
        if self.all.len() < MANY {
            return;
        }
        let new = if self.by_actor.is_empty() {
            self.all.as_slice()
        } else {
            &[at]
        };
        for at in new {
            let actor = changes[at.0].actor;
            self.by_actor.entry(actor).or_default().push(*at);
        }
    }

    /// Takes the newest back, which `actor` wrote.
    fn pop(&mut self, actor: usize) {
        self.all.pop();
        if self.all.len() < MANY {
            self.by_actor.clear();
        } else if let Some(own) = self.by_actor.get_mut(&actor) {
            own.pop();
            if own.is_empty() {
                self.by_actor.remove(&actor);
            }
        }
    }
}

#[derive(Debug, Clone)]
pub struct History {
    pub record: RecordId,
    changes: Vec<Change>,
    by_hash: BTreeMap<Hash, usize>,
    actors: Vec<Actor>,
    by_op: BTreeMap<OpId, OpAt>,
    objects: BTreeMap<Obj, Object>,
    operations: usize,
}

#[derive(Debug, Clone)]
struct Actor {
    name: ActorName,
    changes: Vec<usize>,
    /// Rows, members, steps and marks that it named.
    names: u64,
}

impl History {
    pub fn new(record: RecordId) -> History {
        let root = Object {
            place: Place::Root,
            depth: 0,
            is_text: false,
            keys: BTreeMap::new(),
            after: BTreeSet::new(),
        };
        History {
            record,
            changes: Vec::new(),
            by_hash: BTreeMap::new(),
            actors: Vec::new(),
            by_op: BTreeMap::new(),
            objects: BTreeMap::from([(Obj::Root, root)]),
            operations: 0,
        }
    }

    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The changes as their authors wrote them, causes before effects.
    pub fn raw(&self) -> impl Iterator<Item = &[u8]> {
        self.changes.iter().map(|change| change.bytes.as_slice())
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub fn operations(&self) -> usize {
        self.operations
    }

    pub fn position(&self, hash: &Hash) -> Option<usize> {
        self.by_hash.get(hash).copied()
    }

    /// The hashes of the changes that nothing rests on yet, sorted.
    pub fn heads(&self) -> Vec<Hash> {
        let mut heads: BTreeSet<Hash> = self.by_hash.keys().copied().collect();
        for dep in self.changes.iter().flat_map(|change| &change.decoded.deps) {
            heads.remove(dep);
        }
        heads.into_iter().collect()
    }

    /// The heads as they were to one who has seen `clock`, sorted.
    pub fn heads_of(&self, clock: &Clock) -> Vec<Hash> {
        let seen = |at: &usize| self.covers(clock, *at);
        let mut heads = BTreeSet::new();
        for change in (0..self.changes.len())
            .filter(seen)
            .map(|at| &self.changes[at])
        {
            heads.insert(change.decoded.hash);
            for dep in &change.decoded.deps {
                heads.remove(dep);
            }
        }
        heads.into_iter().collect()
    }

    pub fn hashes(&self) -> impl Iterator<Item = &Hash> {
        self.by_hash.keys()
    }

    /// How many changes of `actor` are here, and how many rows, members, steps and marks it named.
    pub fn actor_counts(&self, actor: &ActorName) -> (u64, u64) {
        self.actors
            .iter()
            .find(|known| known.name == *actor)
            .map_or((0, 0), |known| (known.changes.len() as u64, known.names))
    }

    /// Whether `change` is in the causal past that `clock` describes.
    pub fn covers(&self, clock: &Clock, change: usize) -> bool {
        let change = &self.changes[change];
        clock.covers(change.actor, change.decoded.seq)
    }

    /// Whether `later` was written by somebody who had seen `earlier`.
    pub fn saw(&self, later: usize, earlier: usize) -> bool {
        self.covers(&self.changes[later].clock, earlier)
    }

    pub fn op(&self, at: OpAt) -> &Op {
        &self.changes[at.0].decoded.ops[at.1]
    }

    pub fn op_id(&self, at: OpAt) -> OpId {
        self.changes[at.0].decoded.op_id(at.1)
    }

    pub fn find(&self, id: &OpId) -> Option<OpAt> {
        self.by_op.get(id).copied()
    }

    pub fn place(&self, obj: &Obj) -> &Place {
        self.objects
            .get(obj)
            .map_or(&Place::Elsewhere, |object| &object.place)
    }

    /// The place of the object that the operation at `at` made.
    pub fn made(&self, at: OpAt) -> &Place {
        self.place(&Obj::Made(self.op_id(at)))
    }

    /// All objects that stand at `place`: more than one only where a document came from elsewhere.
    pub fn objects_at(&self, place: &Place) -> Vec<Obj> {
        let made_at = |parents: &[Obj], key: &str| -> Vec<Obj> {
            let keys = |obj: &Obj| self.objects.get(obj)?.keys.get(key);
            let mut objects: Vec<Obj> = parents
                .iter()
                .filter_map(keys)
                .flat_map(|writes| &writes.all)
                .map(|at| Obj::Made(self.op_id(*at)))
                .filter(|obj| {
                    self.objects
                        .get(obj)
                        .is_some_and(|made| made.place == *place)
                })
                .collect();
            objects.sort();
            objects
        };
        let container = |name: &str| self.objects_at(&Place::Container(name.to_owned()));
        match place {
            Place::Root => vec![Obj::Root],
            Place::Container(name) => made_at(&[Obj::Root], name),
            Place::Row(key) | Place::Text(key) => made_at(&container("fields"), key),
            Place::Entry(name, key) => made_at(&container(name), key),
            Place::Elsewhere => Vec::new(),
        }
    }

    /// The keys of a map and all operations ever written at each, in the order of their arrival.
    pub fn keys(&self, obj: &Obj) -> impl Iterator<Item = (&str, &[OpAt])> {
        self.objects.get(obj).into_iter().flat_map(|object| {
            object
                .keys
                .iter()
                .map(|(key, writes)| (key.as_str(), writes.all.as_slice()))
        })
    }

    /// Those of a map's keys that begin with `prefix`.
    pub fn keys_from<'a>(
        &'a self,
        obj: &Obj,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a [OpAt])> {
        self.objects.get(obj).into_iter().flat_map(move |object| {
            object
                .keys
                .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
                .take_while(move |(key, _)| key.starts_with(prefix))
                .map(|(key, writes)| (key.as_str(), writes.all.as_slice()))
        })
    }

    /// The first operation that was ever written at `key` of `obj`.
    pub fn first_at(&self, obj: &Obj, key: &str) -> Option<OpAt> {
        self.objects.get(obj)?.keys.get(key)?.all.first().copied()
    }

    /// What is visible at a key to one who has seen `clock` (or everything), in the order of
    /// operations: more than one where people wrote without knowing of each other.
    pub fn visible(&self, obj: &Obj, key: &str, clock: Option<&Clock>) -> Vec<OpAt> {
        let writes = self
            .objects
            .get(obj)
            .and_then(|object| object.keys.get(key));
        let Some(writes) = writes else {
            return Vec::new();
        };
        let seen = |at: &OpAt| clock.is_none_or(|clock| self.covers(clock, at.0));
        let mut visible: Vec<OpAt> = match writes.by_actor.is_empty() {
            true => writes.all.clone(),
            false => writes
                .by_actor
                .values()
                .filter_map(|own| own[..own.partition_point(seen)].last())
                .copied()
                .collect(),
        };
        visible.retain(|at| self.is_visible(*at, clock));
        visible.sort_by_key(|at| self.op_id(*at));
        visible
    }

    pub fn is_visible(&self, at: OpAt, clock: Option<&Clock>) -> bool {
        let seen = |change| clock.is_none_or(|clock| self.covers(clock, change));
        seen(at.0)
            && !self.changes[at.0].successors[at.1]
                .iter()
                .any(|next| seen(next.0))
    }

    /// The operations that replaced or deleted the one at `at`.
    pub fn successors(&self, at: OpAt) -> &[OpAt] {
        &self.changes[at.0].successors[at.1]
    }

    /// Every element of a text in reading order, with whether one who has seen `clock` (or
    /// everything) sees it.
    pub fn elements(&self, text: &Obj, clock: Option<&Clock>) -> Vec<(OpId, char, bool)> {
        let Some(object) = self.objects.get(text) else {
            return Vec::new();
        };
        let mut elements = Vec::new();
        // The newest lies on top.
        let mut waiting: Vec<OpId> = object.children(None).collect();
        while let Some(id) = waiting.pop() {
            if let Some(at) = self.find(&id) {
                let letter = match &self.op(at).action {
                    Action::Put(Scalar::Str(text)) => text.chars().next(),
                    Action::Put(_) | Action::MakeMap | Action::MakeText | Action::Delete => None,
                };
                elements.push((id, letter.unwrap_or('\u{fffd}'), self.is_visible(at, clock)));
            }
            waiting.extend(object.children(Some(id)));
        }
        elements
    }

    pub fn text(&self, text: &Obj, clock: Option<&Clock>) -> String {
        let elements = self.elements(text, clock);
        elements
            .iter()
            .filter(|(_, _, visible)| *visible)
            .map(|(_, letter, _)| letter)
            .collect()
    }

    /// The causal past of a change that rests on `deps`.
    pub fn past(&self, deps: &[Hash]) -> Result<Clock, Unsound> {
        let mut clock = Clock::default();
        for dep in deps {
            let at = self.position(dep).ok_or(Unsound::UnknownDependency(*dep))?;
            clock.join(&self.changes[at].clock);
        }
        Ok(clock)
    }
}
