//! The inputs that once killed, bricked or fooled something, by name.

mod authority;
mod size;
mod structure;

use std::time::{Duration, Instant};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ObjType, ScalarValue};
use sync_core::envelope::{Act, Frame, Part};
use sync_core::gate::{Arrival, Code, Verdict};
use sync_core::ids::{ActorName, Hash, RecordId};
use sync_core::record::change::{BadChange, Decoded, Scalar};
use sync_core::record::write::{self, Birth, Edit, Pen, Spot};

use crate::kit::mutate::{self, chunk};
use crate::kit::quiet::quietly;
use crate::kit::{World, memory};
use crate::mutants::go_on;

const AUTHOR: usize = 0;
const COLLEAGUE: usize = 1;

/// Two officers' phones, and a record that the first has made and both have seen.
fn stage() -> (World, RecordId) {
    let mut world = World::of(&[1, 2]);
    let part = first(&world, AUTHOR, &[set("title", "甲"), splice(0, "今日")]);
    let record = part.record;
    world.adopt(AUTHOR, act(1, vec![part]));
    world.settle();
    (world, record)
}

fn pen(world: &World, phone: usize, g: u32) -> Pen<'static> {
    Pen {
        station: &world.station.id,
        device: world.device(phone),
        g,
        person: world.person(phone),
        at: world.clock,
    }
}

/// The first record that a phone makes.
fn first(world: &World, phone: usize, edits: &[Edit]) -> Part {
    let record = RecordId::derive(&world.station.id, world.device(phone), 1);
    let birth = Birth {
        kind: world.station.kind("site"),
        external_id: None,
    };
    Part {
        record,
        g: 0,
        change: write::create(record, birth, edits, &pen(world, phone, 0)).unwrap(),
        made: Some(1),
    }
}

/// A further change of a record, as the phone's next act.
fn further(world: &World, phone: usize, record: RecordId, g: u32, change: Vec<u8>) -> Act {
    let last = world.desk.last_act.get(&world.device(phone)).copied();
    let part = Part {
        record,
        g,
        change,
        made: None,
    };
    act(last.unwrap_or(0) + 1, vec![part])
}

fn set(field: &str, value: &str) -> Edit {
    let spot = Spot::Field(field.into());
    Edit::Set {
        spot,
        value: Scalar::Str(value.into()),
    }
}

fn splice(at: usize, insert: &str) -> Edit {
    Edit::Splice {
        field: "minutes".into(),
        at,
        delete: 0,
        insert: insert.into(),
    }
}

fn act(n: u64, parts: Vec<Part>) -> Act {
    Act {
        n,
        at: 1_778_000_000_000,
        mono: 0,
        parts,
        again: None,
        on_behalf: None,
    }
}

fn honest(world: &World, phone: usize, record: RecordId, edits: &[Edit]) -> Vec<u8> {
    let history = &world.desk.records[&record].history;
    let kind = world.station.kind("site");
    write::change(history, Some(kind), edits, &pen(world, phone, 0)).unwrap()
}

/// What the gate says of an act, which it must say in bounds.
fn judge(world: &mut World, phone: usize, act: Act) -> Verdict {
    let records = act.parts.iter().map(|part| part.record).collect();
    let mut envelope = world.envelope(phone, &[]);
    let frame = Frame::of(vec![act], vec![]);
    envelope.body.change_root = frame.change_root().unwrap_or(Hash::ZERO);
    let begun = Instant::now();
    let (judged, peak) = memory::peak(|| {
        quietly(|| world.desk.judge(&envelope, &frame, Arrival::default()))
            .expect("a panic escaped")
    });
    assert!(peak < 256 << 20, "{peak} bytes");
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(world.desk.prove(), []);
    go_on(world, phone, &records, "after a threat");
    judged.verdicts[0].clone()
}

fn code(world: &mut World, phone: usize, record: RecordId, change: Vec<u8>) -> Option<Code> {
    let act = further(world, phone, record, 0, change);
    match judge(world, phone, act) {
        Verdict::Held(held) => Some(held.code),
        Verdict::Admitted => None,
    }
}

/// The author's next honest change, said differently.
fn told(world: &World, record: RecordId, edit: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
    let length = world.desk.records[&record].history.changes().len();
    let bytes = honest(
        world,
        AUTHOR,
        record,
        &[set("story", &format!("乙{length}"))],
    );
    let mut change = Change::from_bytes(bytes).unwrap().decode();
    edit(&mut change);
    Change::from(change).raw_bytes().to_vec()
}

fn op(obj: &ObjectId, key: &str, action: OpType) -> Op {
    let (obj, key) = (obj.clone(), Key::Map(key.into()));
    Op {
        action,
        obj,
        key,
        pred: Vec::new().into(),
        insert: false,
    }
}

fn put(value: &str) -> OpType {
    OpType::Put(ScalarValue::Str(value.into()))
}

fn text_of(world: &World, record: RecordId) -> ObjectId {
    use sync_core::record::change::Obj;
    use sync_core::record::history::Place;
    let history = &world.desk.records[&record].history;
    match history.objects_at(&Place::Text("minutes".into()))[0] {
        Obj::Made(id) => ObjectId::Id(OpId(id.counter, ActorId::from(id.actor.0))),
        Obj::Root => ObjectId::Root,
    }
}
