//! Nobody writes in another's place, or where they may not.

use super::*;

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
        Some(Code::AnotherPerson)
    );
    assert_eq!(code(&mut world, AUTHOR, record, whole), None);
}
