use data_encoding::HEXLOWER;
use proptest::collection::vec;
use proptest::prelude::*;

use super::act::change_leaf;
use super::chain::{Place, Tail, place};
use super::change::change_hash;
use super::frame::BadLeaves;
use super::header::{BadBody, BadEnvelope, CannotClose, close};
use super::merkle::{prove_inclusion, verify_inclusion};
use super::pack::{self, CannotPack};
use super::samples::*;
use super::*;
use crate::ids::{DeviceId, Hash};

fn closed_by_key_0(seq: u64, prev: Hash, acts: &[Act]) -> Envelope {
    let unsigned = close(draft(seq, prev), acts, &[]).unwrap();
    let sig = key(0).sign(&unsigned.sign_bytes());
    unsigned.signed(sig).unwrap()
}

#[test]
fn an_envelope_written_by_the_first_release_is_still_read() {
    let bytes = HEXLOWER.decode(GOLDEN.as_bytes()).unwrap();
    let envelope = Envelope::decode(&bytes).unwrap();
    assert_eq!(envelope.hash().to_string(), GOLDEN_HASH);
    assert!(envelope.verify(&key(0).public()));
    let acts = vec![real_act(1, "巡查")];
    assert_eq!(envelope.open(), Ok(Frame::of(acts, Vec::new())));
    assert_eq!(envelope.body.epoch, draft(1, Hash::ZERO).epoch);
}

const GOLDEN: &str = "\
    8358b28e016353303050d15a3e6364024348eff3511c703e39c00158200000000000000000000000\
    000000000000000000000000000000000000000000820002801b00000199c82cc0001917705820f4\
    f38ee3124779cc4335fd3736f9c8a672bd67885352417e6f8d4b25b5a23aab5820f09ff973d70a02\
    4b910055609d05108f872f3c3ffbce011ae0c873ae07fd3a34582000000000000000000000000000\
    0000000000000000000000000000000000000001f45840bda4b75d2cb589725a2d05e191b9194447\
    5bff8256fa7f1d8a5822fd4b47d08a9ddcf853a5d1ee042503a5e896f46aba5db168708673908f51\
    2a6d3dc40e664b5870010735808281586684011b00000199c82cc000191388818450bee243033e3f\
    8e288d9312ba85cb92f4005841856f4a834275b7be01370010030303030303030303030303030303\
    030101000000061506340142025602570670027f046e6f7465017f017f66e5b7a1e69fa57f000180\
    03";
const GOLDEN_HASH: &str = "d6fb8c0e05c6f80d7ecdd3d771e310b8fde788509499407b431672c3b237ff20";

#[test]
fn an_envelope_is_read_as_it_was_closed() {
    let acts = [real_act(1, "巡查"), real_act(2, "走访")];
    let envelope = closed_by_key_0(1, Hash::ZERO, &acts);
    let read = Envelope::decode(&envelope.to_bytes()).unwrap();
    assert_eq!(read, envelope);
    assert!(read.verify(&key(0).public()));
    assert!(!read.verify(&key(1).public()));
    let frame = read.open().unwrap();
    assert_eq!(frame, Frame::of(acts.to_vec(), Vec::new()));
    assert_eq!(frame.change_root(), Ok(read.body.change_root));
}

#[test]
fn one_change_proves_itself_without_the_rest() {
    let acts = [real_act(1, "a"), real_act(2, "b"), real_act(3, "c")];
    let envelope = closed_by_key_0(1, Hash::ZERO, &acts);
    let leaves: Vec<Hash> = envelope
        .open()
        .unwrap()
        .leaves()
        .unwrap()
        .iter()
        .map(|leaf| leaf.leaf)
        .collect();
    let path = prove_inclusion(&leaves, 1).unwrap();
    let part = &acts[1].parts[0];
    let leaf = change_leaf(part.record, &change_hash(&part.change).unwrap());
    assert!(verify_inclusion(
        &leaf,
        1,
        3,
        &path,
        &envelope.body.change_root
    ));
}

#[test]
fn a_body_signed_twice_is_one_envelope() {
    let first = closed_by_key_0(1, Hash::ZERO, &[real_act(1, "a")]);
    let mut second = first.clone();
    second.sig[5] ^= 1;
    assert_eq!(first.hash(), second.hash());
    assert!(!second.verify(&key(0).public()));
}

#[test]
fn another_frame_under_a_signed_body_is_refused() {
    let mut envelope = closed_by_key_0(1, Hash::ZERO, &[real_act(1, "a")]);
    envelope.frame = pack::pack(&[real_act(1, "b")], &[]).unwrap();
    assert_eq!(
        Envelope::decode(&envelope.to_bytes()),
        Err(BadEnvelope::Frame {
            envelope: envelope.hash()
        })
    );
}

#[test]
fn a_body_of_a_newer_version_is_named_as_such() {
    let mut envelope = closed_by_key_0(1, Hash::ZERO, &[]);
    envelope.body_bytes[1] = 2;
    assert_eq!(
        Envelope::decode(&envelope.to_bytes()),
        Err(BadEnvelope::Version(2))
    );
}

#[test]
fn an_envelope_larger_than_the_limit_is_not_read() {
    let long = vec![0; MAX_ENVELOPE + 1];
    assert!(matches!(
        Envelope::decode(&long),
        Err(BadEnvelope::Bytes(BadBytes::TooLong { .. }))
    ));
}

#[test]
fn a_first_envelope_with_a_predecessor_cannot_be_closed() {
    assert_eq!(
        close(draft(1, Hash([1; 32])), &[], &[]).unwrap_err(),
        CannotClose::Body(BadBody::Seq { seq: 1 })
    );
    assert!(close(draft(2, Hash::ZERO), &[], &[]).is_err());
}

#[test]
fn a_device_named_twice_in_needs_cannot_be_closed() {
    let need = Need {
        device: DeviceId([9; 16]),
        seq: 1,
        hash: Hash::ZERO,
    };
    let mut twice = draft(1, Hash::ZERO);
    twice.needs = vec![need, need];
    assert!(matches!(
        close(twice, &[], &[]),
        Err(CannotClose::Body(BadBody::Needs { .. }))
    ));
    let mut itself = draft(1, Hash::ZERO);
    itself.needs = vec![Need {
        device: itself.device,
        ..need
    }];
    assert!(close(itself, &[], &[]).is_err());
}

#[test]
fn an_act_that_does_not_compress_to_48_kib_is_not_saved() {
    let mut act = real_act(1, "a");
    assert!(pack::act_size(&act).unwrap() < 200);
    let mut state = 1u32;
    act.parts[0].change = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(MAX_ACT)
    .collect();
    assert!(matches!(
        pack::act_size(&act),
        Err(CannotPack::ActTooLong { act: 1, .. })
    ));
}

#[test]
fn an_act_that_cannot_be_read_harms_no_other() {
    let (good, hostile) = (to_bytes(&real_act(1, "a")), vec![0xff, 0x00]);
    let frame = pack::tests::frame_of(&[good.clone(), hostile, good], &[]);
    let opened = pack::open(&frame).unwrap();
    assert_eq!(opened.acts[0], Ok(real_act(1, "a")));
    assert!(opened.acts[1].is_err());
    assert_eq!(opened.acts[2], Ok(real_act(1, "a")));
    assert_eq!(opened.act_leaves(2).unwrap().unwrap().len(), 1);
    assert!(matches!(
        opened.leaves(),
        Err(BadLeaves::Act { index: 1, .. })
    ));
}

#[test]
fn a_statement_with_unknown_contents_is_kept_to_the_byte() {
    let newer = Statement::Other {
        tag: 2,
        bytes: vec![0x81, 0x00],
    };
    let bytes = to_bytes(&newer);
    assert_eq!(from_bytes(&bytes), Ok(newer));
}

#[test]
fn envelopes_find_their_place_in_the_device_log() {
    let first = closed_by_key_0(1, Hash::ZERO, &[real_act(1, "a")]);
    let second = closed_by_key_0(2, first.hash(), &[real_act(2, "b")]);
    let third = closed_by_key_0(3, second.hash(), &[]);
    let other_second = closed_by_key_0(2, first.hash(), &[real_act(2, "c")]);
    let other_third = closed_by_key_0(3, other_second.hash(), &[]);
    let tail = |envelope: &Envelope| Tail {
        seq: envelope.body.seq,
        hash: envelope.hash(),
    };

    assert_eq!(place(&Tail::NONE, None, &first), Place::Next);
    assert_eq!(place(&tail(&first), None, &second), Place::Next);
    assert_eq!(place(&tail(&second), None, &second), Place::Duplicate);
    assert_eq!(
        place(&tail(&first), None, &third),
        Place::Gap { have: 1, want: 2 }
    );
    assert_eq!(place(&tail(&second), None, &other_second), Place::Fork);
    assert_eq!(place(&tail(&second), None, &other_third), Place::Fork);
    let held = Some(second.hash());
    assert_eq!(place(&tail(&third), held, &second), Place::Duplicate);
    assert_eq!(place(&tail(&third), held, &other_second), Place::Fork);
    assert_eq!(place(&tail(&third), None, &second), Place::Past);
}

fn read_as_everything(bytes: &[u8]) {
    let _ = Envelope::decode(bytes);
    let _ = pack::open(bytes);
    let _ = change_hash(bytes);
    let _ = from_bytes::<Act>(bytes);
    let _ = from_bytes::<Body>(bytes);
    let _ = from_bytes::<Entry>(bytes);
    let _ = from_bytes::<Statement>(bytes);
    let _ = from_bytes::<CharterDelta>(bytes);
    let _ = from_bytes::<Charter>(bytes);
    let _ = from_bytes::<SignedHead>(bytes);
    let _ = from_bytes::<merkle::CompactRange>(bytes);
}

proptest! {
    #[test]
    fn whatever_is_encoded_decodes_to_itself(
        act in act(), entry in entry(), statement in statement(), delta in delta(), head in head(),
    ) {
        prop_assert_eq!(from_bytes(&to_bytes(&act)), Ok(act));
        prop_assert_eq!(Entry::from_bytes(&entry.to_bytes()), Ok(entry));
        prop_assert_eq!(from_bytes(&to_bytes(&statement)), Ok(statement));
        prop_assert_eq!(from_bytes(&to_bytes(&delta)), Ok(delta));
        prop_assert_eq!(from_bytes(&to_bytes(&head)), Ok(head));
    }

    #[test]
    fn a_frame_opens_to_what_was_packed(acts in vec(act(), 0..4), statements in vec(statement(), 0..3)) {
        let frame = pack::pack(&acts, &statements).unwrap();
        prop_assert_eq!(pack::open(&frame), Ok(Frame::of(acts, statements)));
    }

    #[test]
    fn an_envelope_with_any_needs_and_beacon_is_read_as_closed(
        needs in needs(), beacon in proptest::option::of(seen()), epoch in epoch(), statements in vec(statement(), 0..2),
    ) {
        let draft = Draft { needs, beacon, epoch, ..draft(1, Hash::ZERO) };
        let unsigned = close(draft, &[real_act(1, "a")], &statements).unwrap();
        let envelope = unsigned.signed(vec![7; 64]).unwrap();
        prop_assert_eq!(Envelope::decode(&envelope.to_bytes()), Ok(envelope));
    }

    #[test]
    fn arbitrary_bytes_never_cause_a_panic(bytes in vec(any::<u8>(), 0..300)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn bent_encodings_never_cause_a_panic_nor_read_as_another_form(
        act in act(), statement in statement(), entry in entry(), turns in vec((any::<usize>(), any::<u8>()), 1..4),
    ) {
        let envelope = closed_by_key_0(1, Hash::ZERO, &[real_act(1, "a")]).to_bytes();
        let frame = pack::pack(std::slice::from_ref(&act), std::slice::from_ref(&statement)).unwrap();
        for mut bytes in [envelope, frame, to_bytes(&act), to_bytes(&statement), to_bytes(&entry)] {
            for (at, to) in &turns {
                let at = at % bytes.len();
                bytes[at] = *to;
            }
            read_as_everything(&bytes);
            if let Ok(act) = from_bytes::<Act>(&bytes) {
                prop_assert_eq!(to_bytes(&act), bytes.clone());
            }
            if let Ok(envelope) = Envelope::decode(&bytes) {
                prop_assert_eq!(envelope.to_bytes(), bytes);
            }
        }
    }
}

mod charter;
