//! One Automerge change, read strictly: what it costs is known before it is decoded, and what it
//! says is put into our own words before anything looks at it.

mod measure;
mod scalar;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy;
use automerge::{Change, ExpandedChange, ObjType};

use crate::ids::{ActorName, Hash};

pub use measure::{actor_of, measure};
pub use scalar::Scalar;

/// A change may hold this many operations, counted from its column headers.
pub const MAX_OPS_A_CHANGE: usize = 50_000;
/// A change may name this many others that it rests on.
pub const MAX_DEPS: usize = 1_024;
/// A scalar string or byte string may be this long, in bytes.
pub const MAX_SCALAR: usize = 16 * 1024;
/// All map keys of a change together, run lengths multiplied out, in bytes.
const MAX_KEY_BYTES: u64 = 1024 * 1024;

/// Why bytes are not a change that this program can take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    #[error("the bytes end inside the change's {0}")]
    Truncated(&'static str),
    #[error("the bytes are not one raw change chunk: {0}")]
    NotARawChange(&'static str),
    #[error("the checksum does not fit the bytes")]
    Checksum,
    #[error("the change holds more than {MAX_OPS_A_CHANGE} operations")]
    TooManyOperations,
    #[error("the change rests on more than {MAX_DEPS} others")]
    TooManyDependencies,
    #[error("the change's keys are longer than {MAX_KEY_BYTES} bytes in all")]
    KeysTooLong,
    #[error("a value is longer than {MAX_SCALAR} bytes")]
    ValueTooLong,
    #[error("the change cannot be decoded: {0}")]
    Undecodable(String),
    #[error("encoding the change again gives other bytes")]
    NotCanonical,
    #[error("the change uses {0}, which no record has")]
    NotOurs(&'static str),
}

/// The name of one operation: its place in the order of all operations of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId {
    pub counter: u64,
    pub actor: ActorName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obj {
    Root,
    Made(OpId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    Key(String),
    /// The head of a text.
    Head,
    Element(OpId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    MakeMap,
    MakeText,
    Put(Scalar),
    Delete,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    pub obj: Obj,
    pub at: At,
    pub insert: bool,
    pub action: Action,
    pub pred: Vec<OpId>,
}

/// A change in our own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    pub hash: Hash,
    pub actor: ActorName,
    /// Counts the actor's changes in the record from 1.
    pub seq: u64,
    /// The counter of the first operation.
    pub start_op: u64,
    /// Seconds since 1970, as the device claims.
    pub time: i64,
    pub deps: Vec<Hash>,
    pub ops: Vec<Op>,
}

impl Decoded {
    /// Reads a change that comes from outside: counts first, decodes under a guard, and takes it
    /// only if encoding it again gives the same bytes.
    pub fn strict(bytes: &[u8]) -> Result<Decoded, BadChange> {
        measure(bytes)?;
        guarded(|| {
            let change = parse(bytes)?;
            let expanded = change.decode();
            let ours = Self::translate(&change, &expanded)?;
            if Change::from(expanded).raw_bytes() != bytes {
                return Err(BadChange::NotCanonical);
            }
            Ok(ours)
        })
    }

    /// Reads a change that was admitted before.
    pub fn admitted(bytes: &[u8]) -> Result<Decoded, BadChange> {
        guarded(|| {
            let change = parse(bytes)?;
            Self::translate(&change, &change.decode())
        })
    }

    pub fn max_op(&self) -> u64 {
        self.start_op + (self.ops.len() as u64).saturating_sub(1)
    }

    pub fn op_id(&self, index: usize) -> OpId {
        OpId {
            counter: self.start_op + index as u64,
            actor: self.actor,
        }
    }

    fn translate(change: &Change, expanded: &ExpandedChange) -> Result<Decoded, BadChange> {
        if expanded.message.is_some() {
            return Err(BadChange::NotOurs("a message"));
        }
        if !expanded.extra_bytes.is_empty() || expanded.author.is_some() {
            return Err(BadChange::NotOurs("trailing bytes"));
        }
        Ok(Decoded {
            hash: Hash(change.hash().0),
            actor: actor(&expanded.actor_id)?,
            seq: expanded.seq,
            start_op: expanded.start_op.get(),
            time: expanded.time,
            deps: expanded.deps.iter().map(|dep| Hash(dep.0)).collect(),
            ops: expanded
                .operations
                .iter()
                .map(operation)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Automerge panics on some well-formed bytes; a caught panic is one more way of not decoding.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, BadChange>) -> Result<T, BadChange> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(BadChange::Undecodable("the decoder gave up".into())))
}

fn parse(bytes: &[u8]) -> Result<Change, BadChange> {
    Change::from_bytes(bytes.to_vec()).map_err(|error| BadChange::Undecodable(error.to_string()))
}

fn actor(id: &automerge::ActorId) -> Result<ActorName, BadChange> {
    <[u8; 16]>::try_from(id.to_bytes())
        .map(ActorName)
        .map_err(|_| BadChange::NotOurs("an actor that is not 16 bytes long"))
}

fn op_id(id: &legacy::OpId) -> Result<OpId, BadChange> {
    Ok(OpId {
        counter: id.counter(),
        actor: actor(id.actor())?,
    })
}

fn operation(op: &legacy::Op) -> Result<Op, BadChange> {
    let action = match &op.action {
        legacy::OpType::Make(ObjType::Map) => Action::MakeMap,
        legacy::OpType::Make(ObjType::Text) => Action::MakeText,
        legacy::OpType::Put(value) => Action::Put(Scalar::try_from(value)?),
        legacy::OpType::Delete => Action::Delete,
        legacy::OpType::Make(ObjType::List | ObjType::Table) => {
            return Err(BadChange::NotOurs("a list"));
        }
        legacy::OpType::Increment(_) => return Err(BadChange::NotOurs("a counter")),
        legacy::OpType::MarkBegin(_) | legacy::OpType::MarkEnd(_) => {
            return Err(BadChange::NotOurs("a text mark"));
        }
    };
    Ok(Op {
        obj: match &op.obj {
            legacy::ObjectId::Root => Obj::Root,
            legacy::ObjectId::Id(id) => Obj::Made(op_id(id)?),
        },
        at: match &op.key {
            legacy::Key::Map(key) => At::Key(key.to_string()),
            legacy::Key::Seq(legacy::ElementId::Head) => At::Head,
            legacy::Key::Seq(legacy::ElementId::Id(id)) => At::Element(op_id(id)?),
        },
        insert: op.insert,
        action,
        pred: op.pred.iter().map(op_id).collect::<Result<_, _>>()?,
    })
}
