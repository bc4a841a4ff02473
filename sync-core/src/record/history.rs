//! All operations of one record, indexed by what they touch: the one reader of causality.
//!
//! A history takes a change only if it stands soundly on those it names (the structure part of
//! the gate) and answers what was visible where to whom. It knows nothing of kinds and fields.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::change::{Action, At, Decoded, MAX_DEPS, Obj, Op, OpId, Scalar};
use crate::ids::{ActId, ActorName, Hash, PersonId, RecordId};

/// A record may hold this many operations.
pub const MAX_OPS_A_RECORD: usize = 500_000;
const MAX_DEPTH: usize = 16;
const MAX_TIME: i64 = 1 << 40;

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

/// Per actor, the number of its changes that are covered: a set of changes closed under "rests on".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock(Vec<u32>);

impl Clock {
    fn get(&self, actor: usize) -> u32 {
        self.0.get(actor).copied().unwrap_or(0)
    }

    /// Whether the actor's change number `seq` is covered.
    pub fn covers(&self, actor: usize, seq: u64) -> bool {
        u64::from(self.get(actor)) >= seq
    }

    /// The same with the actors counted in another order.
    pub fn in_order(&self, actors: &[usize]) -> Clock {
        Clock(actors.iter().map(|actor| self.get(*actor)).collect())
    }

    fn raise(&mut self, actor: usize, seq: u32) {
        if self.0.len() <= actor {
            self.0.resize(actor + 1, 0);
        }
        self.0[actor] = self.0[actor].max(seq);
    }

    /// Covers also what the other covers.
    pub fn join(&mut self, other: &Clock) {
        for (actor, seq) in other.0.iter().enumerate() {
            self.raise(actor, *seq);
        }
    }
}

/// Where an operation stands: (change, operation).
pub type OpAt = (usize, usize);

/// What an object is in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Root,
    /// `fields`, `steps`, `marks` or `secrets`.
    Container(String),
    /// A table row: its key in `fields`, `table/row`.
    Row(String),
    /// An entry of `steps`, `marks` or `secrets`.
    Entry(String, String),
    /// A co-written text: its key in `fields`.
    Text(String),
    /// Anything else: no record of ours has it.
    Elsewhere,
}

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

/// Whether a key is a derived name: a row, a member, a step, a mark. (`removed` entries hang on
/// the name they remove.)
pub fn is_name(place: &Place, key: &str) -> bool {
    match place {
        Place::Container(container) if container == "fields" => key
            .split_once('/')
            .is_some_and(|(_, name)| !name.contains('/')),
        Place::Container(_) => true,
        Place::Root | Place::Row(_) | Place::Entry(_, _) | Place::Text(_) | Place::Elsewhere => {
            false
        }
    }
}

fn place_of(parent: &Place, key: &str, is_text: bool) -> Place {
    match (parent, is_text) {
        (Place::Root, false) if ["fields", "steps", "marks", "secrets"].contains(&key) => {
            Place::Container(key.to_owned())
        }
        (Place::Container(container), true) if container == "fields" => Place::Text(key.to_owned()),
        (Place::Container(container), false) if container == "fields" => Place::Row(key.to_owned()),
        (Place::Container(container), false) => Place::Entry(container.clone(), key.to_owned()),
        (
            Place::Root
            | Place::Container(_)
            | Place::Row(_)
            | Place::Entry(_, _)
            | Place::Text(_)
            | Place::Elsewhere,
            _,
        ) => Place::Elsewhere,
    }
}
