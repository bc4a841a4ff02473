//! From an honest change to one that a broken or hostile phone might send.

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ObjType, ScalarValue};
use sync_core::ids::{ActorName, Hash};

use super::Rng;
use super::quiet::quietly;

/// Everything a mutant may name that exists.
pub struct Names {
    pub actors: Vec<ActorName>,
    pub hashes: Vec<Hash>,
    pub max_op: u64,
}

/// The chunk of these contents, with the length and checksum that they ask for.
pub fn chunk(contents: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    let mut length = contents.len();
    while length >= 0x80 {
        hashed.push(length as u8 | 0x80);
        length >>= 7;
    }
    hashed.push(length as u8);
    hashed.extend_from_slice(contents);
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend_from_slice(&Hash::of(&hashed).0[..4]);
    bytes.extend_from_slice(&hashed);
    bytes
}

/// The contents of a chunk: what stands after its header.
pub fn contents(bytes: &[u8]) -> &[u8] {
    let length = bytes[9..]
        .iter()
        .take_while(|byte| **byte & 0x80 != 0)
        .count()
        + 1;
    &bytes[9 + length..]
}

pub fn bytes(rng: &mut Rng, original: &[u8]) -> Vec<u8> {
    let mut body = contents(original).to_vec();
    scramble(rng, &mut body);
    chunk(&body)
}

/// Turns bits, puts in, takes out and copies, a few times.
pub fn scramble(rng: &mut Rng, body: &mut Vec<u8>) {
    for _ in 0..1 + rng.below(3) {
        if body.is_empty() {
            body.push(0);
        }
        let at = rng.below(body.len());
        match rng.below(8) {
            0 | 1 => body[at] ^= 1 << rng.below(8),
            2 => body[at] = *rng.pick(&[0, 1, 2, 0x3f, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xff]),
            3 => body[at] = body[at].wrapping_add(1),
            4 => body.insert(at, rng.next() as u8),
            5 => {
                body.remove(at);
            }
            6 => {
                let run = body[at..(at + 1 + rng.below(8)).min(body.len())].to_vec();
                let to = rng.below(body.len());
                body.splice(to..to, run);
            }
            _ if rng.chance(20) => body.truncate(at),
            _ => {
                // A long number where a short one stood.
                let long = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
                let length = 1 + rng.below(9);
                body.splice(at..=at, long[9 - length..].iter().copied());
            }
        }
    }
}

/// Changes what the change says and encodes that honestly. None where the encoder gives up.
pub fn operations(rng: &mut Rng, original: &[u8], names: &Names) -> Option<Vec<u8>> {
    quietly(|| {
        let change = Change::from_bytes(original.to_vec()).ok()?;
        let mut change = change.decode();
        for _ in 0..1 + rng.below(2) {
            one(rng, &mut change, names);
        }
        Some(Change::from(change).raw_bytes().to_vec())
    })
    .flatten()
}

fn one(rng: &mut Rng, change: &mut ExpandedChange, names: &Names) {
    match rng.below(20) {
        0 => {
            change.seq = *rng.pick(&[
                0,
                1,
                2,
                change.seq + 1,
                change.seq.wrapping_sub(1),
                u64::MAX,
            ])
        }
        1 => {
            let now = change.start_op.get();
            let far = [
                1,
                now + 1,
                now - 1,
                now + 1000,
                u64::from(u32::MAX) - 1,
                u64::MAX >> 1,
            ];
            change.start_op = (*rng.pick(&far)).try_into().unwrap_or(change.start_op);
        }
        2 => change.time = *rng.pick(&[i64::MIN, -1, 0, i64::MAX, 1 << 40]),
        3 => change.actor_id = actor(rng, names),
        4 => deps(rng, &mut change.deps, names),
        5 if rng.chance(30) => change.message = Some("x".into()),
        5 => change.extra_bytes = vec![0; 1 + rng.below(3)],
        _ if change.operations.is_empty() => change.time += 1,
        6 => {
            let at = rng.below(change.operations.len());
            change.operations.remove(at);
        }
        7 => {
            let (from, to) = (
                rng.below(change.operations.len()),
                rng.below(change.operations.len()),
            );
            let op = change.operations[from].clone();
            change.operations.insert(to, op);
        }
        8 => {
            let (a, b) = (
                rng.below(change.operations.len()),
                rng.below(change.operations.len()),
            );
            change.operations.swap(a, b);
        }
        _ => {
            let at = rng.below(change.operations.len());
            let other = rng.pick(&change.operations).clone();
            operation(rng, &mut change.operations[at], &other, names);
        }
    }
}

fn operation(rng: &mut Rng, op: &mut Op, other: &Op, names: &Names) {
    match rng.below(6) {
        0 => {
            op.obj = match rng.below(4) {
                0 => ObjectId::Root,
                1 => other.obj.clone(),
                _ => ObjectId::Id(op_id(rng, names)),
            }
        }
        1 => {
            op.key = match rng.below(6) {
                0 => Key::Seq(ElementId::Head),
                1 => Key::Seq(ElementId::Id(op_id(rng, names))),
                2 => other.key.clone(),
                3 => Key::Map(
                    (*rng.pick(&[
                        "count", "verdict", "fields", "removed", "minutes", "kind", "tags",
                    ]))
                    .into(),
                ),
                4 => Key::Map(
                    (*rng.pick(&["tags/x", "lines/AAAAAAAAAAA", "a/b/removed", "", "/", "//"]))
                        .into(),
                ),
                _ => Key::Map("k".repeat(1 + rng.below(300)).into()),
            }
        }
        2 => {
            let mut pred: Vec<OpId> = op.pred.iter().cloned().collect();
            match rng.below(3) {
                0 => pred.push(op_id(rng, names)),
                1 => pred.clear(),
                _ => pred.extend(other.pred.iter().cloned()),
            }
            op.pred = pred.into();
        }
        3 => op.insert = !op.insert,
        4 => op.action = other.action.clone(),
        _ => op.action = action(rng),
    }
}

fn action(rng: &mut Rng) -> OpType {
    match rng.below(16) {
        0 => OpType::Make(ObjType::Map),
        1 => OpType::Make(ObjType::List),
        2 => OpType::Make(ObjType::Text),
        3 => OpType::Make(ObjType::Table),
        4 => OpType::Delete,
        5 => OpType::Increment(1),
        6 => OpType::MarkEnd(true),
        7 => OpType::Put(ScalarValue::F64(f64::NAN)),
        8 => OpType::Put(ScalarValue::Uint(7)),
        9 => OpType::Put(ScalarValue::counter(3)),
        10 => OpType::Put(ScalarValue::Timestamp(1)),
        11 => OpType::Put(ScalarValue::Unknown {
            type_code: 10 + rng.below(6) as u8,
            bytes: vec![1, 2],
        }),
        12 => OpType::Put(ScalarValue::Str("长".repeat(rng.below(9000)).into())),
        13 => OpType::Put(ScalarValue::Null),
        14 => OpType::Put(ScalarValue::Int(i64::MIN)),
        _ => OpType::Put(ScalarValue::Bytes(vec![7; rng.below(12)])),
    }
}

fn deps(rng: &mut Rng, deps: &mut Vec<ChangeHash>, names: &Names) {
    let known = |rng: &mut Rng| ChangeHash(rng.pick(&names.hashes).0);
    match rng.below(6) {
        0 => deps.clear(),
        1 => deps.push(known(rng)),
        2 => *deps = vec![known(rng)],
        3 => deps.push(ChangeHash(Hash::of(&rng.next().to_be_bytes()).0)),
        4 => deps.extend(deps.clone()),
        _ => deps.reverse(),
    }
    if rng.chance(70) {
        deps.sort();
    }
}

fn actor(rng: &mut Rng, names: &Names) -> ActorId {
    match rng.below(5) {
        0 => ActorId::from([9; 16]),
        1 => ActorId::from(&[9u8; 3][..]),
        _ => ActorId::from(rng.pick(&names.actors).0),
    }
}

fn op_id(rng: &mut Rng, names: &Names) -> OpId {
    let counter = match rng.below(8) {
        0 => 0,
        1 => names.max_op + 1 + rng.below(40) as u64,
        2 => u64::from(u32::MAX),
        _ => 1 + rng.below(names.max_op.max(1) as usize) as u64,
    };
    OpId(counter, actor(rng, names))
}
