use minicbor::bytes::ByteVec;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::message::Message;
use super::*;
use crate::envelope::samples::{
    delta, device, entry, epoch, hash, head, key, person, seen, station,
};
use crate::envelope::{Seen, Signable, Signed, TreeHead};
use crate::ids::{Epoch, Hash, RecordId};

fn quiet_request() -> SyncRequest {
    SyncRequest {
        station: station(),
        device: key(0).device(),
        epoch: Epoch { lineage: 0, n: 14 },
        seen: Some(Seen {
            lineage: 0,
            index: 48_213,
            root: Hash([7; 32]),
        }),
        nonce: nonce::issue(&[1; 32], 1_760_000_000_000),
        clock: Clock {
            wall: 1_760_000_000_000,
            mono: 86_400_000,
            boot: u64::MAX,
        },
        envelopes: Vec::new(),
        wait_ms: None,
        limit: None,
        vector: None,
        catalogue: None,
    }
}

#[test]
fn nothing_new_is_small_both_ways() {
    let request = Signed::by(&key(0), quiet_request()).to_wire();
    assert!(request.len() <= 220, "{} bytes", request.len());
    let answer = SyncResponse::nothing_new(quiet_request().nonce).to_wire();
    assert!(answer.len() <= 30, "{} bytes", answer.len());
}

#[test]
fn a_signed_request_is_bound_to_its_device_and_its_kind() {
    let request = Signed::by(&key(0), quiet_request());
    let read = Signed::<SyncRequest>::from_wire(&request.to_wire()).unwrap();
    assert_eq!(read, request);
    assert!(read.verify(&key(0).public()));
    assert!(!read.verify(&key(1).public()));

    let record = RecordRequest {
        station: station(),
        device: key(0).device(),
        record: RecordId([1; 16]),
        nonce: quiet_request().nonce,
    };
    let snapshot_sig = Signed::by(
        &key(0),
        SnapshotRequest {
            station: station(),
            device: key(0).device(),
            segment: 0,
            nonce: quiet_request().nonce,
        },
    );
    let posed = Signed::new(record, snapshot_sig.sig().to_vec());
    assert!(!posed.verify(&key(0).public()));
}

#[test]
fn a_field_from_a_newer_phone_stays_under_the_signature() {
    // The request's map with one more key, as a later release may send it.
    let mut bytes = crate::envelope::to_bytes(&quiet_request());
    bytes[0] += 1;
    bytes.extend_from_slice(&[0x18, 0x63, 0xf5]);
    let message = crate::envelope::sign::in_domain(SyncRequest::DOMAIN, &bytes);
    let wire = crate::envelope::to_bytes(&vec![
        ByteVec::from(bytes),
        ByteVec::from(key(0).sign(&message)),
    ]);
    let read = Signed::<SyncRequest>::from_wire(&wire).unwrap();
    assert_eq!(read.message, quiet_request());
    assert!(read.verify(&key(0).public()));
    assert_eq!(read.to_wire(), wire);
}

#[test]
fn a_join_proves_the_key_it_brings() {
    let request = join_request();
    assert!(Signed::by(&key(3), request.clone()).proves_its_key());
    assert!(!Signed::by(&key(5), request).proves_its_key());
}

#[test]
fn a_join_proves_the_code_it_was_made_with_and_does_not_hold_it() {
    let request = join_request();
    assert!(request.proves_its_code());
    let wire = Signed::by(&key(3), request.clone()).to_wire();
    assert!(!wire.windows(10).any(|ten| ten == SECRET));
    let bent: [fn(&mut JoinRequest); 5] = [
        |request| request.sign_key = key(5).public(),
        |request| request.agree_key = key(5).public(),
        |request| request.replaces = Some(key(5).device()),
        |request| request.station = None,
        |request| request.code = None,
    ];
    for bend in bent {
        let mut bent = request.clone();
        bend(&mut bent);
        assert!(!bent.proves_its_code(), "{bent:?}");
    }
}

#[test]
fn what_a_phone_of_an_earlier_release_asks_is_read_and_proves_nothing() {
    // Key 0 was the code itself, and the station might be left out.
    let mut e = minicbor::Encoder::new(Vec::new());
    let (sign, agree) = (key(3).public(), key(4).public());
    e.map(5)
        .unwrap()
        .u8(0)
        .unwrap()
        .str("S00-7K3QF-M2XWD-9TBHA")
        .unwrap();
    e.u8(2)
        .unwrap()
        .bytes(&sign)
        .unwrap()
        .u8(3)
        .unwrap()
        .bytes(&agree)
        .unwrap();
    e.u8(4).unwrap().str("旧机").unwrap();
    e.u8(5).unwrap().encode(quiet_request().clock).unwrap();
    let bytes = e.into_writer();
    let sig = key(3).sign(&crate::envelope::sign::in_domain(
        JoinRequest::DOMAIN,
        &bytes,
    ));
    let wire = crate::envelope::to_bytes(&vec![ByteVec::from(bytes), ByteVec::from(sig)]);
    let read = Signed::<JoinRequest>::from_wire(&wire).unwrap();
    assert!(read.proves_its_key());
    assert!(!read.message.proves_its_code());
}

const SECRET: [u8; 10] = *b"0123456789";

fn join_request() -> JoinRequest {
    let code = JoinCode::new(station(), SECRET, &key(0).public());
    let enrolment = Enrolment {
        station: station(),
        server: code.server(),
        sign_key: key(3).public(),
        agree_key: key(4).public(),
        replaces: None,
    };
    JoinRequest {
        station: Some(station()),
        sign_key: key(3).public(),
        agree_key: key(4).public(),
        name: "小王的手机".into(),
        clock: quiet_request().clock,
        replaces: None,
        code: Some(CodeProof::new(&code, &enrolment)),
    }
}

fn envelopes() -> impl Strategy<Value = Vec<WireEnvelope>> {
    let one = (vec(any::<u8>(), 0..40), option::of(vec(any::<u8>(), 0..20)))
        .prop_map(|(bytes, sheet)| WireEnvelope { bytes, sheet });
    vec(one, 0..3)
}

fn a_nonce() -> impl Strategy<Value = Nonce> {
    any::<[u8; 20]>().prop_map(Nonce)
}

fn request() -> impl Strategy<Value = SyncRequest> {
    (
        device(),
        epoch(),
        option::of(seen()),
        a_nonce(),
        (any::<i64>(), any::<u64>(), any::<u64>()),
        envelopes(),
        option::of(any::<u32>()),
        option::of(any::<u32>()),
        option::of(btree_map(device(), any::<u64>(), 0..4)),
        option::of(hash()),
    )
        .prop_map(
            |(device, epoch, seen, nonce, clock, envelopes, wait_ms, limit, vector, catalogue)| {
                SyncRequest {
                    station: station(),
                    device,
                    epoch,
                    seen,
                    nonce,
                    clock: Clock {
                        wall: clock.0,
                        mono: clock.1,
                        boot: clock.2,
                    },
                    envelopes,
                    wait_ms,
                    limit,
                    vector,
                    catalogue,
                }
            },
        )
}

fn signed_head() -> impl Strategy<Value = Signed<TreeHead>> {
    head().prop_map(|head| Signed::new(head, vec![9; 64]))
}

fn answer() -> impl Strategy<Value = SyncResponse> {
    let stored = (hash(), any::<bool>()).prop_map(|(envelope, sheet)| Stored { envelope, sheet });
    let receipt = (vec(stored, 0..3), any::<i64>(), option::of(any::<i64>())).prop_map(
        |(stored, time, backed_up_to)| {
            Signed::new(
                Receipt {
                    stored,
                    time,
                    backed_up_to,
                },
                vec![3; 64],
            )
        },
    );
    let want = (device(), any::<u64>()).prop_map(|(device, seq)| Want { device, seq });
    (
        option::of(receipt),
        vec(want, 0..3),
        option::of(signed_head()),
        vec(entry().prop_map(|entry| WireEntry::of(&entry)), 0..3),
        envelopes(),
        (any::<bool>(), any::<bool>()),
        vec(delta(), 0..2),
        option::of(vec(any::<u8>(), 0..20)),
        a_nonce(),
    )
        .prop_map(
            |(receipt, need, head, entries, envelopes, flags, charter, catalogue, nonce)| {
                SyncResponse {
                    receipt,
                    need,
                    head,
                    entries,
                    envelopes,
                    want_vector: flags.0,
                    charter: message::charter_to_wire(&charter),
                    catalogue,
                    nonce,
                    more: flags.1,
                }
            },
        )
}

fn read_all(bytes: &[u8]) {
    let _ = Signed::<SyncRequest>::from_wire(bytes);
    let _ = Signed::<JoinRequest>::from_wire(bytes);
    let _ = Signed::<RecordRequest>::from_wire(bytes);
    let _ = Signed::<SnapshotRequest>::from_wire(bytes);
    let _ = SyncResponse::from_wire(bytes);
    let _ = Signed::<JoinResponse>::from_wire(bytes);
    let _ = RecordResponse::from_wire(bytes);
    let _ = Offer::from_wire(bytes);
    let _ = Answer::from_wire(bytes);
}

proptest! {
    #[test]
    fn every_request_and_answer_decodes_to_itself(request in request(), answer in answer()) {
        let request = Signed::new(request, vec![1; 64]);
        prop_assert_eq!(Signed::from_wire(&request.to_wire()), Ok(request));
        prop_assert_eq!(SyncResponse::from_wire(&answer.to_wire()), Ok(answer));
    }

    #[test]
    fn every_join_record_and_meeting_decodes_to_itself(
        nonce in a_nonce(), head in signed_head(), charter in vec(delta(), 0..2), envelopes in envelopes(),
        vector in btree_map(device(), any::<u64>(), 0..4), proof in vec(hash(), 0..3), more in any::<bool>(),
    ) {
        let (station, device) = (station(), key(0).device());
        let server = crate::envelope::ServerKey { device, sign_key: key(0).public() };
        let join = JoinResponse {
            station: station.clone(), device, person: person(1), server,
            charter: message::charter_to_wire(&charter), catalogue: vec![1], nonce, head: head.clone(),
        };
        prop_assert_eq!(message::charter_from_wire(&join.charter), Ok(charter));
        let join = Signed::by(&key(0), join);
        prop_assert_eq!(Signed::from_wire(&join.to_wire()), Ok(join));
        let record = RecordResponse { record: RecordId([2; 16]), changes: vec![vec![1u8].into()], head: head.clone(), nonce };
        prop_assert_eq!(RecordResponse::from_wire(&record.to_wire()), Ok(record));
        let offer = Offer { station: station.clone(), device, vector: vector.clone(), head: Some(head) };
        prop_assert_eq!(Offer::from_wire(&offer.to_wire()), Ok(offer));
        let answer = Answer { station, device, envelopes, vector, head: None, proof, more };
        prop_assert_eq!(Answer::from_wire(&answer.to_wire()), Ok(answer));
    }

    #[test]
    fn arbitrary_and_bent_messages_never_cause_a_panic(
        bytes in vec(any::<u8>(), 0..200), request in request(), answer in answer(),
        turns in vec((any::<usize>(), any::<u8>()), 1..4),
    ) {
        read_all(&bytes);
        for mut bytes in [Signed::new(request, vec![1; 64]).to_wire(), answer.to_wire()] {
            for (at, to) in &turns {
                let at = at % bytes.len();
                bytes[at] = *to;
            }
            read_all(&bytes);
        }
    }
}
