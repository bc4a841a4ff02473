use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjType, ROOT};

use super::measure::measure_column;
use super::{Action, BadChange, Decoded, Scalar};

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
