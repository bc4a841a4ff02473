//! One Automerge change, read strictly: what it costs is known before it is decoded, and what it
//! says is put into our own words before anything looks at it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy;
use automerge::{Change, ExpandedChange, ObjType, ScalarValue};

use crate::ids::{ActorName, Hash};

/// A change may hold this many operations, counted from its column headers.
pub const MAX_OPS_A_CHANGE: usize = 50_000;
/// A change may name this many others that it rests on.
pub const MAX_DEPS: usize = 1_024;
/// A scalar string or byte string may be this long, in bytes.
pub const MAX_SCALAR: usize = 16 * 1024;
/// All map keys of a change together, run lengths multiplied out, in bytes.
const MAX_KEY_BYTES: u64 = 1024 * 1024;
const MAX_COLUMNS: u64 = 32;

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

/// The value of a field, a cell or a member.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// A field that somebody emptied.
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
    Bytes(Vec<u8>),
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Null => f.write_str("null"),
            Scalar::Bool(value) => write!(f, "{value}"),
            Scalar::Int(value) => write!(f, "{value}"),
            Scalar::Str(value) => write!(f, "{value:?}"),
            Scalar::Bytes(value) => write!(f, "<{} bytes>", value.len()),
        }
    }
}

impl Scalar {
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Scalar::Str(text) => Some(text),
            Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Bytes(_) => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Scalar::Int(value) => Some(*value),
            Scalar::Null | Scalar::Bool(_) | Scalar::Str(_) | Scalar::Bytes(_) => None,
        }
    }
}

impl From<&Scalar> for ScalarValue {
    fn from(scalar: &Scalar) -> ScalarValue {
        match scalar {
            Scalar::Null => ScalarValue::Null,
            Scalar::Bool(value) => ScalarValue::Boolean(*value),
            Scalar::Int(value) => ScalarValue::Int(*value),
            Scalar::Str(value) => ScalarValue::Str(value.as_str().into()),
            Scalar::Bytes(value) => ScalarValue::Bytes(value.clone()),
        }
    }
}

impl TryFrom<&ScalarValue> for Scalar {
    type Error = BadChange;
    fn try_from(value: &ScalarValue) -> Result<Scalar, BadChange> {
        match value {
            ScalarValue::Null => Ok(Scalar::Null),
            ScalarValue::Boolean(value) => Ok(Scalar::Bool(*value)),
            ScalarValue::Int(value) => Ok(Scalar::Int(*value)),
            ScalarValue::Str(value) if value.len() <= MAX_SCALAR => {
                Ok(Scalar::Str(value.to_string()))
            }
            ScalarValue::Bytes(value) if value.len() <= MAX_SCALAR => {
                Ok(Scalar::Bytes(value.clone()))
            }
            ScalarValue::Str(_) | ScalarValue::Bytes(_) => Err(BadChange::ValueTooLong),
            ScalarValue::Uint(_)
            | ScalarValue::F64(_)
            | ScalarValue::Counter(_)
            | ScalarValue::Timestamp(_)
            | ScalarValue::Unknown { .. } => Err(BadChange::NotOurs("a type of value")),
        }
    }
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

/// The actor that a change chunk names, read without decoding anything else.
pub fn actor_of(bytes: &[u8]) -> Option<ActorName> {
    let mut chunk = Reader {
        bytes: bytes.get(9..)?,
        what: "header",
    };
    chunk.unsigned().ok()?; // its length
    let deps = chunk.unsigned().ok()?;
    chunk.take(deps.checked_mul(32)?).ok()?;
    let length = chunk.unsigned().ok()?;
    let actor = chunk.take(length).ok()?;
    <[u8; 16]>::try_from(actor).ok().map(ActorName)
}

/// Reads a change chunk's header and column headers and counts what decoding would cost, without
/// decoding. 70 bytes can say a thousand million operations.
///
/// Returns the number of operations that the longest column speaks of.
pub fn measure(bytes: &[u8]) -> Result<usize, BadChange> {
    let mut chunk = Reader {
        bytes,
        what: "header",
    };
    if chunk.take(4)? != [0x85, 0x6f, 0x4a, 0x83] {
        return Err(BadChange::NotARawChange("no chunk begins here"));
    }
    let checksum = chunk.take(4)?;
    if chunk.take(1)? != [1] {
        return Err(BadChange::NotARawChange("it is a document or is deflated"));
    }
    let length = chunk.unsigned()?;
    if length != chunk.bytes.len() as u64 {
        return Err(BadChange::NotARawChange(
            "its length is not that of the bytes",
        ));
    }
    if Hash::of(&bytes[8..]).0[..4] != *checksum {
        return Err(BadChange::Checksum);
    }

    let mut body = Reader {
        bytes: chunk.bytes,
        what: "preamble",
    };
    let deps = body.unsigned()?;
    if deps > MAX_DEPS as u64 {
        return Err(BadChange::TooManyDependencies);
    }
    body.take(deps * 32)?;
    body.sized()?; // the actor
    body.unsigned()?; // seq
    body.unsigned()?; // start_op
    body.signed()?; // time
    body.sized()?; // message
    let actors = body.unsigned()?;
    for _ in 0..actors {
        body.sized()?;
    }
    let columns = body.unsigned()?;
    if columns > MAX_COLUMNS {
        return Err(BadChange::NotARawChange(
            "it has more columns than there are kinds of them",
        ));
    }
    let mut specs = Vec::new();
    for _ in 0..columns {
        specs.push((body.unsigned()?, body.unsigned()?));
    }
    let mut operations = 0;
    for (spec, length) in specs {
        if spec & 0b1000 != 0 {
            return Err(BadChange::NotARawChange("a column is deflated"));
        }
        let rows = measure_column(spec & 0b111, body.take(length)?)?;
        operations = operations.max(rows);
    }
    Ok(operations)
}

const GROUP: u64 = 0;
const DELTA: u64 = 3;
const BOOLEAN: u64 = 4;
const STRING: u64 = 5;
const RAW_VALUES: u64 = 7;

/// How many rows a column has.
fn measure_column(kind: u64, bytes: &[u8]) -> Result<usize, BadChange> {
    let mut column = Reader {
        bytes,
        what: "columns",
    };
    let mut rows = Count {
        left: MAX_OPS_A_CHANGE as u64,
        or: BadChange::TooManyOperations,
    };
    let mut grouped = rows.clone();
    let mut key_bytes = Count {
        left: MAX_KEY_BYTES,
        or: BadChange::KeysTooLong,
    };
    if kind == RAW_VALUES {
        return Ok(0);
    }
    while !column.bytes.is_empty() {
        if kind == BOOLEAN {
            rows.spend(column.unsigned()?, 1)?;
            continue;
        }
        let run = column.signed()?;
        let (values, times) = match run {
            0 => {
                rows.spend(column.unsigned()?, 1)?;
                continue;
            }
            1.. => (1, run.unsigned_abs()),
            ..0 => (run.unsigned_abs(), 1),
        };
        rows.spend(values, times)?;
        for _ in 0..values {
            match kind {
                STRING => key_bytes.spend(column.sized()?, times)?,
                DELTA => {
                    column.signed()?;
                }
                GROUP => grouped.spend(column.unsigned()?, times)?,
                _ => {
                    column.unsigned()?;
                }
            }
        }
    }
    Ok(MAX_OPS_A_CHANGE - rows.left as usize)
}

#[derive(Clone)]
struct Count {
    left: u64,
    or: BadChange,
}

impl Count {
    fn spend(&mut self, amount: u64, times: u64) -> Result<(), BadChange> {
        match amount
            .checked_mul(times)
            .and_then(|cost| self.left.checked_sub(cost))
        {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.or.clone()),
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], BadChange> {
        let (taken, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.bytes.split_at_checked(length))
            .ok_or(BadChange::Truncated(self.what))?;
        self.bytes = rest;
        Ok(taken)
    }

    /// Skips bytes preceded by their length, and returns the length.
    fn sized(&mut self) -> Result<u64, BadChange> {
        let length = self.unsigned()?;
        self.take(length)?;
        Ok(length)
    }

    fn unsigned(&mut self) -> Result<u64, BadChange> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(BadChange::Undecodable(format!(
            "a number in its {} is too long",
            self.what
        )))
    }

    fn signed(&mut self) -> Result<i64, BadChange> {
        let mut value = 0i64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unused = 64u32.saturating_sub(shift + 7);
                return Ok((value << unused) >> unused);
            }
        }
        Err(BadChange::Undecodable(format!(
            "a number in its {} is too long",
            self.what
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use automerge::transaction::{CommitOptions, Transactable};
    use automerge::{ActorId, Automerge, ROOT};

    fn sample() -> Vec<u8> {
        let mut doc = Automerge::new().with_actor(ActorId::from([3; 16]));
        let mut tx = doc.transaction();
        let fields = tx.put_object(ROOT, "fields", ObjType::Map).unwrap();
        tx.put(&fields, "place", "锦华苑3号楼").unwrap();
        let text = tx.put_object(&fields, "body", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, "今日例会🙂").unwrap();
        tx.commit_with(CommitOptions::default().with_time(1_700_000_000));
        doc.get_last_local_change().unwrap().raw_bytes().to_vec()
    }

    #[test]
    fn an_honest_change_is_read_in_our_words() {
        let change = Decoded::strict(&sample()).unwrap();
        assert_eq!(change.seq, 1);
        assert_eq!(change.time, 1_700_000_000);
        assert_eq!(change.ops.len(), 3 + 5);
        assert_eq!(
            change.ops[1].action,
            Action::Put(Scalar::Str("锦华苑3号楼".into()))
        );
        assert_eq!(Decoded::admitted(&sample()).unwrap(), change);
    }

    #[test]
    fn every_truncation_is_refused_without_a_panic() {
        let bytes = sample();
        for length in 0..bytes.len() {
            assert!(
                Decoded::strict(&bytes[..length]).is_err(),
                "cut at {length}"
            );
        }
    }

    #[test]
    fn a_run_of_a_thousand_million_operations_is_counted_before_it_is_decoded() {
        // One column (actions), one run: LEB128 of 10^9, then the repeated value.
        let mut run = vec![0x80, 0x94, 0xeb, 0xdc, 0x03, 0x01];
        assert_eq!(measure_column(2, &run), Err(BadChange::TooManyOperations));
        run[4] = 0x83; // a longer number still
        assert!(measure_column(2, &run).is_err());
    }

    #[test]
    fn a_changed_byte_is_told_by_the_checksum() {
        let mut bytes = sample();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert_eq!(Decoded::strict(&bytes), Err(BadChange::Checksum));
    }

    #[test]
    fn a_deflated_change_is_refused() {
        let mut doc = Automerge::new();
        let mut tx = doc.transaction();
        tx.put(ROOT, "long", "x".repeat(2000)).unwrap();
        tx.commit();
        let mut change = doc.get_last_local_change().unwrap();
        let deflated = change.bytes().to_vec();
        assert!(matches!(
            Decoded::strict(&deflated),
            Err(BadChange::NotARawChange(_))
        ));
    }
}
