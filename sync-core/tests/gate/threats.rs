//! The inputs that once killed, bricked or fooled something, by name.

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
    let (station, device, person) = (world.station, world.device(AUTHOR), world.person(AUTHOR));
    let record = RecordId::derive(&station.id, device, 1);
    let birth = Birth {
        kind: station.kind("site"),
        external_id: None,
    };
    let pen = Pen {
        station: &station.id,
        device,
        g: 0,
        person,
        at: world.clock,
    };
    let edits = [set("title", "甲"), splice(0, "今日")];
    let change = write::create(record, birth, &edits, &pen).unwrap();
    let part = Part {
        record,
        g: 0,
        change,
        made: Some(1),
    };
    world.adopt(AUTHOR, act(1, vec![part]));
    world.settle();
    (world, record)
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
    let pen = Pen {
        station: &world.station.id,
        device: world.device(phone),
        g: 0,
        person: world.person(phone),
        at: world.clock,
    };
    write::change(history, Some(world.station.kind("site")), edits, &pen).unwrap()
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
    let n = world
        .desk
        .last_act
        .get(&world.device(phone))
        .copied()
        .unwrap_or(0)
        + 1;
    let part = Part {
        record,
        g: 0,
        change,
        made: None,
    };
    match judge(world, phone, act(n, vec![part])) {
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

#[test]
fn changes_that_say_the_impossible_are_held_and_everybody_goes_on() {
    let (world, record) = stage();
    let stranger = ActorId::from([9; 16]);
    let text = text_of(&world, record);
    let author = ActorName::derive(&world.station.id, world.device(AUTHOR), record, 0);
    let own = ActorId::from(author.0);
    type Tell<'a> = Box<dyn Fn(&mut ExpandedChange) + 'a>;
    let cases: Vec<(&str, Code, Tell<'_>)> = vec![
        (
            "unknown actor in an object id",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].obj = ObjectId::Id(OpId(3, stranger.clone()));
            }),
        ),
        (
            "missing object",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].obj = ObjectId::Id(OpId(9_999, own.clone()));
            }),
        ),
        (
            "missing element",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].obj = text.clone();
                c.operations[0].insert = true;
                c.operations[0].key = Key::Seq(ElementId::Id(OpId(9_999, own.clone())));
            }),
        ),
        ("sequence gap", Code::Unsound, Box::new(|c| c.seq += 1)),
        (
            "sequence used before",
            Code::Unsound,
            Box::new(|c| c.seq -= 1),
        ),
        (
            "start_op just below 2^32",
            Code::Unsound,
            Box::new(|c| {
                c.start_op = (u64::from(u32::MAX) - 1).try_into().unwrap();
            }),
        ),
        (
            "start_op used before",
            Code::Unsound,
            Box::new(|c| c.start_op = 1.try_into().unwrap()),
        ),
        (
            "a predecessor that does not exist",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].pred = vec![OpId(2, stranger.clone())].into();
            }),
        ),
        (
            "no predecessor where there is a value",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].key = Key::Map("title".into());
            }),
        ),
        (
            "a map operation in a text",
            Code::Unsound,
            Box::new(|c| c.operations[0].obj = text.clone()),
        ),
        (
            "an insertion in a map",
            Code::Unsound,
            Box::new(|c| c.operations[0].insert = true),
        ),
        (
            "an object id with counter 0",
            Code::BadChange,
            Box::new(|c| {
                c.operations[0].obj = ObjectId::Id(OpId(0, own.clone()));
            }),
        ),
        (
            "invented dependency",
            Code::UnknownDependency,
            Box::new(|c| c.deps = vec![ChangeHash([7; 32])]),
        ),
        (
            "no dependency",
            Code::WrongRecord,
            Box::new(|c| c.deps.clear()),
        ),
        (
            "the same dependency twice",
            Code::Unsound,
            Box::new(|c| c.deps.extend(c.deps.clone())),
        ),
        (
            "the smallest time",
            Code::Unsound,
            Box::new(|c| c.time = i64::MIN),
        ),
        (
            "no operation",
            Code::Unsound,
            Box::new(|c| c.operations.clear()),
        ),
        (
            "somebody's actor",
            Code::WrongActor,
            Box::new(|c| c.actor_id = stranger.clone()),
        ),
        (
            "a list",
            Code::BadChange,
            Box::new(|c| c.operations[0].action = OpType::Make(ObjType::List)),
        ),
        (
            "a counter",
            Code::BadChange,
            Box::new(|c| c.operations[0].action = OpType::Increment(1)),
        ),
        (
            "a message",
            Code::BadChange,
            Box::new(|c| c.message = Some("x".into())),
        ),
        (
            "trailing bytes",
            Code::BadChange,
            Box::new(|c| c.extra_bytes = vec![1]),
        ),
        (
            "a value too long",
            Code::BadChange,
            Box::new(|c| c.operations[0].action = put(&"x".repeat(20_000))),
        ),
        (
            "kind written again",
            Code::Unsound,
            Box::new(|c| c.operations = vec![op(&ObjectId::Root, "kind", put("note"))]),
        ),
        (
            "something new at the root",
            Code::UnknownPath,
            Box::new(|c| c.operations = vec![op(&ObjectId::Root, "x", put("y"))]),
        ),
        (
            "a row under a name not its own",
            Code::BadName,
            Box::new(|c| {
                c.operations[0].key = Key::Map("lines/AAAAAAAAAAA".into());
                c.operations[0].action = OpType::Make(ObjType::Map);
            }),
        ),
        (
            "a text added later",
            Code::WrongForm,
            Box::new(|c| c.operations[0].action = OpType::Make(ObjType::Text)),
        ),
        (
            "a field of another form",
            Code::WrongForm,
            Box::new(|c| c.operations[0].action = OpType::Put(ScalarValue::Int(1))),
        ),
        (
            "a letter of two",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0] = Op {
                    action: put("ab"),
                    obj: text.clone(),
                    key: Key::head(),
                    pred: Vec::new().into(),
                    insert: true,
                };
            }),
        ),
        (
            "maps 300 deep",
            Code::Unsound,
            Box::new(|c| {
                let mut at = ObjectId::Root;
                let first = c.start_op.get();
                c.operations = (0..300)
                    .map(|depth| {
                        let made = op(&at, "x", OpType::Make(ObjType::Map));
                        at = ObjectId::Id(OpId(first + depth, own.clone()));
                        made
                    })
                    .collect();
            }),
        ),
    ];
    for (name, wanted, tell) in cases {
        let (mut world, _) = stage();
        let change = told(&world, record, tell);
        assert_eq!(
            code(&mut world, AUTHOR, record, change),
            Some(wanted),
            "{name}"
        );
    }
}

/// The head of a change: everything before its columns.
fn head(world: &World, record: RecordId) -> Vec<u8> {
    let actor = ActorName::derive(&world.station.id, world.device(AUTHOR), record, 0);
    let mut contents = vec![1];
    contents.extend_from_slice(&world.desk.records[&record].history.heads()[0].0);
    contents.push(16);
    contents.extend_from_slice(&actor.0);
    contents.extend_from_slice(&[2, 40, 0, 0, 0]); // seq, start_op, time, message, other actors
    contents
}

fn leb(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x40 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

#[test]
fn a_run_of_operations_costs_nothing_before_it_is_counted() {
    for rows in [50_001, 5_000_000, 1_000_000_000, i64::MAX as u64] {
        let (mut world, record) = stage();
        let run = [leb(rows), vec![0]].concat();
        let mut contents = head(&world, record);
        contents.extend_from_slice(&[1, 0x42, run.len() as u8]);
        contents.extend_from_slice(&run);
        let bomb = chunk(&contents);
        let (refused, peak) = memory::peak(|| Decoded::strict(&bomb));
        assert_eq!(refused, Err(BadChange::TooManyOperations));
        assert!(peak < 4096, "{peak}");
        assert_eq!(
            code(&mut world, AUTHOR, record, bomb),
            Some(Code::BadChange)
        );
    }
}

#[test]
fn deflated_chunks_columns_documents_and_bundles_are_not_opened() {
    let (mut world, record) = stage();
    let honest = honest(&world, AUTHOR, record, &[set("story", &"x".repeat(2_000))]);
    for kind in [0, 2, 3] {
        let mut other = honest.clone();
        other[8] = kind;
        let sum = Hash::of(&other[8..]);
        other[4..8].copy_from_slice(&sum.0[..4]);
        assert_eq!(
            code(&mut world, AUTHOR, record, other),
            Some(Code::HeaderLies)
        );
    }
    let mut contents = head(&world, record);
    contents.extend_from_slice(&[1, 0x42 | 0b1000, 4, 1, 2, 3, 4]);
    assert_eq!(
        code(&mut world, AUTHOR, record, chunk(&contents)),
        Some(Code::BadChange)
    );
    assert_eq!(mutate::chunk(mutate::contents(&honest)), honest);
}

#[test]
fn the_largest_changes_take_seconds_and_not_hours() {
    // As many letters at the head of one text, and as many writes of one field, as a change may
    // hold, four times over.
    const OPS: u64 = 49_900;
    for text in [true, false] {
        let (mut world, record) = stage();
        let minutes = text_of(&world, record);
        let mut change = Change::from_bytes(told(&world, record, |_| {}))
            .unwrap()
            .decode();
        let letter = Op {
            action: put("x"),
            obj: minutes,
            key: Key::head(),
            pred: Vec::new().into(),
            insert: true,
        };
        let value = change.operations[0].clone();
        let first = change.start_op.get();
        for round in 0..4 {
            let begin = first + round * OPS;
            let write = |i| match (text, begin + i == first) {
                (true, _) => letter.clone(),
                (false, true) => value.clone(),
                (false, false) => Op {
                    pred: vec![OpId(begin + i - 1, change.actor_id.clone())].into(),
                    ..value.clone()
                },
            };
            change.operations = (0..OPS).map(write).collect();
            change.start_op = begin.try_into().unwrap();
            let whole = Change::from(change.clone());
            change.deps = vec![whole.hash()];
            change.seq += 1;
            let bytes = whole.raw_bytes().to_vec();
            assert_eq!(code_unproved(&mut world, record, bytes), None);
        }
        assert_eq!(world.desk.prove(), []);
    }
}

/// As [`code`], without proof after each.
fn code_unproved(world: &mut World, record: RecordId, change: Vec<u8>) -> Option<Code> {
    let n = world.desk.last_act[&world.device(AUTHOR)] + 1;
    let frame = Frame::of(
        vec![act(
            n,
            vec![Part {
                record,
                g: 0,
                change,
                made: None,
            }],
        )],
        vec![],
    );
    let mut envelope = world.envelope(AUTHOR, &[]);
    envelope.body.change_root = frame.change_root().unwrap();
    let begun = Instant::now();
    let judged = world.desk.judge(&envelope, &frame, Arrival::default());
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    match &judged.verdicts[0] {
        Verdict::Held(held) => Some(held.code),
        Verdict::Admitted => None,
    }
}

#[test]
fn eight_thousand_changes_with_invented_dependencies_are_each_held() {
    let (mut world, record) = stage();
    let mut change = Change::from_bytes(told(&world, record, |_| {}))
        .unwrap()
        .decode();
    let acts: Vec<Act> = (0..8_000u64)
        .map(|i| {
            change.deps = vec![ChangeHash(Hash::of(&i.to_be_bytes()).0)];
            let change = Change::from(change.clone()).raw_bytes().to_vec();
            act(
                i + 2,
                vec![Part {
                    record,
                    g: 0,
                    change,
                    made: None,
                }],
            )
        })
        .collect();
    let frame = Frame::of(acts, vec![]);
    let mut envelope = world.envelope(AUTHOR, &[]);
    envelope.body.change_root = frame.change_root().unwrap();
    let begun = Instant::now();
    let judged = world.desk.judge(&envelope, &frame, Arrival::default());
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert!(judged.whole);
    go_on(&mut world, AUTHOR, &[record].into(), "after a flood");
}

#[test]
fn a_colleagues_change_in_a_forbidden_act_strands_nothing() {
    let (mut world, record) = stage();
    let stolen = world.desk.records[&record].history.changes()[0]
        .bytes
        .clone();
    let part = Part {
        record,
        g: 0,
        change: stolen,
        made: Some(1),
    };
    let verdict = judge(&mut world, COLLEAGUE, act(1, vec![part]));
    assert!(matches!(verdict, Verdict::Held(held) if held.code == Code::WrongActor));
    let change = honest(&world, AUTHOR, record, &[set("story", "乙")]);
    assert_eq!(code(&mut world, AUTHOR, record, change), None);
}

#[test]
fn an_actor_cannot_be_taken_from_the_device_it_belongs_to() {
    let (mut world, record) = stage();
    // The colleague forges the author's next change, before the author makes it.
    let forged = told(&world, record, |c| c.time += 1);
    assert_eq!(
        code(&mut world, COLLEAGUE, record, forged),
        Some(Code::WrongActor)
    );
    let change = honest(&world, AUTHOR, record, &[set("story", "乙")]);
    assert_eq!(code(&mut world, AUTHOR, record, change), None);
}

#[test]
fn a_kind_said_twice_does_not_take_the_rules_away() {
    for trick in 0..2 {
        let mut world = World::of(&[1, 4]);
        let helper = 1;
        let (station, device, person) = (world.station, world.device(helper), world.person(helper));
        let record = RecordId::derive(&station.id, device, 1);
        let birth = Birth {
            kind: station.kind("site"),
            external_id: None,
        };
        let pen = Pen {
            station: &station.id,
            device,
            g: 0,
            person,
            at: world.clock,
        };
        let change = write::create(record, birth, &[], &pen).unwrap();
        let mut change = Change::from_bytes(change).unwrap().decode();
        let own = change.actor_id.clone();
        let (root, fields) = (ObjectId::Root, ObjectId::Id(OpId(1, own.clone())));
        let at = |name: &str| {
            let key = Key::Map(name.into());
            change
                .operations
                .iter()
                .find(|op| op.key == key)
                .unwrap()
                .clone()
        };
        let mut operations = vec![op(&root, "fields", OpType::Make(ObjType::Map))];
        match trick {
            0 => operations.push(op(&fields, "kind", put("unheard_of"))),
            _ => operations.push(op(&root, "kind", put("unheard_of"))),
        }
        let mut kind = at("kind");
        if trick == 1 {
            kind.pred = vec![OpId(2, own.clone())].into();
        }
        operations.push(kind);
        for name in ["v", "station", "steps", "marks", "secrets"] {
            operations.push(at(name));
        }
        let text = op(&fields, "minutes", OpType::Make(ObjType::Text));
        operations.push(text);
        change.operations = operations;
        let change = Change::from(change).raw_bytes().to_vec();
        let part = Part {
            record,
            g: 0,
            change,
            made: Some(1),
        };
        let verdict = judge(&mut world, helper, act(1, vec![part]));
        assert!(
            matches!(&verdict, Verdict::Held(held) if held.code == Code::Forbidden),
            "{verdict:?}"
        );
    }
}

#[test]
fn a_value_smuggled_in_beside_another_is_still_forbidden() {
    let (mut world, record) = stage();
    let first = world.desk.records[&record].history.heads();
    let change = honest(&world, AUTHOR, record, &[set("title", "丙")]);
    assert_eq!(code(&mut world, AUTHOR, record, change), None);
    let pen = Pen {
        station: &world.station.id,
        device: world.device(COLLEAGUE),
        g: 1,
        person: world.person(COLLEAGUE),
        at: world.clock,
    };
    let history = &world.desk.records[&record].history;
    let change = write::change_at(history, &first, None, &[set("title", "丁")], &pen).unwrap();
    let part = Part {
        record,
        g: 1,
        change,
        made: None,
    };
    let n = world.desk.last_act[&world.device(COLLEAGUE)] + 1;
    let verdict = judge_only(&mut world, COLLEAGUE, act(n, vec![part]));
    assert!(matches!(verdict, Verdict::Held(held) if held.code == Code::Forbidden));
}

/// The device has used its generation 0, so it cannot go on under it.
fn judge_only(world: &mut World, phone: usize, act: Act) -> Verdict {
    let mut envelope = world.envelope(phone, &[]);
    let frame = Frame::of(vec![act], vec![]);
    envelope.body.change_root = frame.change_root().unwrap();
    world
        .desk
        .judge(&envelope, &frame, Arrival::default())
        .verdicts[0]
        .clone()
}

#[test]
fn a_device_cannot_begin_again_without_end() {
    let (mut world, record) = stage();
    let device = world.device(AUTHOR);
    let person = world.person(AUTHOR);
    for (g, admitted) in [(1, true), (255, true), (256, false), (u32::MAX, false)] {
        let pen = Pen {
            station: &world.station.id,
            device,
            g,
            person,
            at: world.clock,
        };
        let history = &world.desk.records[&record].history;
        let edit = set("story", &format!("{g}"));
        let change = write::change(history, None, &[edit], &pen).unwrap();
        let part = Part {
            record,
            g,
            change,
            made: None,
        };
        let n = world.desk.last_act[&device] + 1;
        let verdict = judge(&mut world, AUTHOR, act(n, vec![part]));
        assert_eq!(verdict == Verdict::Admitted, admitted, "{verdict:?}");
    }
}

#[test]
fn a_settlement_says_so_and_nothing_else_does() {
    let (mut world, record) = stage();
    let count = |n| Edit::Set {
        spot: Spot::Field("count".into()),
        value: Scalar::Int(n),
    };
    let one = honest(&world, AUTHOR, record, &[count(1)]);
    let two = honest(&world, COLLEAGUE, record, &[count(2)]);
    for (phone, change) in [(AUTHOR, one), (COLLEAGUE, two)] {
        let n = world
            .desk
            .last_act
            .get(&world.device(phone))
            .copied()
            .unwrap_or(0)
            + 1;
        let part = Part {
            record,
            g: 0,
            change,
            made: None,
        };
        assert_eq!(
            judge_only(&mut world, phone, act(n, vec![part])),
            Verdict::Admitted
        );
    }
    let settle = Edit::Settle {
        spot: Spot::Field("count".into()),
        value: Scalar::Int(3),
    };
    let whole = honest(&world, AUTHOR, record, &[settle]);
    let mut change = Change::from_bytes(whole.clone()).unwrap().decode();
    change.operations.truncate(1);
    let silent = Change::from(change.clone()).raw_bytes().to_vec();
    assert_eq!(
        code(&mut world, AUTHOR, record, silent),
        Some(Code::Settlement)
    );
    let mut change = Change::from_bytes(whole.clone()).unwrap().decode();
    let by = change.operations.len() - 1;
    change.operations[by].action = put("O0002");
    let forged = Change::from(change).raw_bytes().to_vec();
    assert_eq!(
        code(&mut world, AUTHOR, record, forged),
        Some(Code::WrongForm)
    );
    assert_eq!(code(&mut world, AUTHOR, record, whole), None);
}
