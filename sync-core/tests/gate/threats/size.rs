//! What is too large, or opens to too much, costs little.

use sync_core::gate::desk::Judgement;

use super::*;

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
    let act = further(world, AUTHOR, record, 0, change);
    match &in_time(world, vec![act]).verdicts[0] {
        Verdict::Held(held) => Some(held.code),
        Verdict::Admitted => None,
    }
}

/// What the gate says of an envelope of the author's, which it must say soon.
fn in_time(world: &mut World, acts: Vec<Act>) -> Judgement {
    let frame = Frame::of(acts, vec![]);
    let mut envelope = world.envelope(AUTHOR, &[]);
    envelope.body.change_root = frame.change_root().unwrap();
    let begun = Instant::now();
    let judged = world.desk.judge(&envelope, &frame, Arrival::default());
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    judged
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
            Act {
                n: i + 2,
                ..further(&world, AUTHOR, record, 0, change)
            }
        })
        .collect();
    assert!(in_time(&mut world, acts).whole);
    go_on(&mut world, AUTHOR, &[record].into(), "after a flood");
}
