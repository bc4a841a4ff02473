//! Whatever bytes arrive, reading them ends, in little memory and without a panic.

use proptest::prelude::*;
use sync_core::envelope::sign::Signed;
use sync_core::envelope::{Envelope, pack, sign, to_bytes};
use sync_core::gate::intake;
use sync_core::gate::{Arrival, Verdict};
use sync_core::ids::Hash;
use sync_core::record::change::{Decoded, actor_of, measure};
use sync_core::sync::message::Message;
use sync_core::sync::{Clock, Nonce, SyncRequest, SyncResponse, WireEnvelope};

use crate::kit::mutate::{self, scramble};
use crate::kit::quiet::quietly;
use crate::kit::{Rng, World, memory};

const MEMORY: usize = 16 << 20;
const MUTANTS: usize = 1_500;

/// Does the work, which must not panic and not swell.
fn bounded<T>(story: &str, work: impl FnOnce() -> T) -> T {
    let (done, peak) = memory::peak(|| quietly(work));
    assert!(peak < MEMORY, "{story}: {peak} bytes");
    done.unwrap_or_else(|| panic!("{story}: a panic escaped"))
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        bounded("bytes", || {
            let _ = Decoded::strict(&bytes);
            let _ = Decoded::strict(&mutate::chunk(&bytes));
            let _ = measure(&mutate::chunk(&bytes));
            let _ = actor_of(&bytes);
            let _ = Envelope::decode(&bytes);
            let _ = pack::open(&bytes);
            let _ = Signed::<SyncRequest>::from_wire(&bytes);
            let _ = SyncResponse::from_wire(&bytes);
        });
    }
}

/// A world with an envelope that is about to be sent.
fn closed(seed: u64) -> (World, usize, Envelope) {
    let mut world = World::new(seed);
    world.run(30);
    world.settle();
    let mut acts = Vec::new();
    let phone = (0..world.phones.len())
        .find(|phone| {
            acts = world
                .draft(*phone, 2, 0)
                .into_iter()
                .map(|(act, _)| act)
                .collect();
            !acts.is_empty()
        })
        .expect("somebody has something to write");
    let envelope = world.envelope(phone, &acts);
    (world, phone, envelope)
}

#[test]
fn scrambled_envelopes_are_refused_or_held() {
    let mut rng = Rng::new(7);
    let (mut let_in, mut opened) = (0, 0);
    for seed in 0..10 {
        let (mut world, phone, envelope) = closed(seed);
        let key = &world.station.keys[world.phones[phone].key];
        let plain = plain_of(&envelope.frame);
        for number in 0..MUTANTS / 10 {
            let story = format!("seed {seed}, mutant {number}");
            let mut body = envelope.body_bytes.clone();
            let mut frame = envelope.frame.clone();
            match rng.below(4) {
                0 => scramble(&mut rng, &mut frame),
                1 => {
                    let mut plain = plain.clone();
                    scramble(&mut rng, &mut plain);
                    frame = frame_of(&plain);
                }
                2 => scramble(&mut rng, &mut body),
                _ => {}
            }
            // The sender signs what it sends.
            if rng.chance(90) {
                let mut honest = envelope.body.clone();
                honest.frame_hash = Hash::of(&frame);
                if body == envelope.body_bytes {
                    body = to_bytes(&honest);
                }
            }
            let sig = key.sign(&sign::in_domain("wardbook envelope", &body));
            let parts = Envelope {
                body: envelope.body.clone(),
                body_bytes: body,
                sig,
                frame,
            };
            let mut bytes = parts.to_bytes();
            if rng.chance(20) {
                scramble(&mut rng, &mut bytes);
            }
            bounded(&story, || {
                let Ok(read) = Envelope::decode(&bytes) else {
                    return;
                };
                assert_eq!(read.to_bytes(), bytes, "{story}");
                let (station, charter) = (&world.station.id, &world.station.charter);
                if intake::check(station, charter, &read).is_err() {
                    return;
                }
                let Ok(frame) = read.open() else { return };
                opened += 1;
                let last = world.desk.last_act.clone();
                let lengths: Vec<_> = world
                    .desk
                    .records
                    .iter()
                    .map(|(record, docket)| (*record, docket.history.changes().len()))
                    .collect();
                let judged = world.desk.judge(&read, &frame, Arrival::default());
                assert_eq!(judged.verdicts.len(), frame.acts.len());
                let_in += judged
                    .verdicts
                    .iter()
                    .filter(|v| **v == Verdict::Admitted)
                    .count();
                world.desk.last_act = last;
                for (record, length) in lengths {
                    world.desk.docket(record).history.truncate(length);
                }
            });
        }
        assert_eq!(world.desk.prove(), []);
    }
    assert!(
        opened > 100 && let_in > 50,
        "{opened} opened, {let_in} let in"
    );
}

#[test]
fn scrambled_requests_are_refused_or_read() {
    let mut rng = Rng::new(8);
    let (world, phone, envelope) = closed(3);
    let key = &world.station.keys[world.phones[phone].key];
    let request = SyncRequest {
        station: world.station.id.clone(),
        device: world.device(phone),
        epoch: envelope.body.epoch,
        seen: None,
        nonce: Nonce([3; 20]),
        clock: Clock {
            wall: 1,
            mono: 2,
            boot: 3,
        },
        envelopes: vec![WireEnvelope {
            bytes: envelope.to_bytes(),
            sheet: None,
        }],
        wait_ms: Some(0),
        limit: None,
        vector: None,
        catalogue: None,
    };
    let wire = Signed::by(key, request).to_wire();
    for number in 0..MUTANTS {
        let mut bytes = wire.clone();
        // Most of the request is the envelope; its own bytes have their own test.
        let cut = bytes.len().min(200);
        let mut start = bytes.split_off(bytes.len() - cut);
        std::mem::swap(&mut start, &mut bytes);
        let place = if rng.chance(50) {
            &mut bytes
        } else {
            &mut start
        };
        scramble(&mut rng, place);
        let bytes = [start, bytes].concat();
        bounded(&format!("mutant {number}"), || {
            if let Ok(read) = Signed::<SyncRequest>::from_wire(&bytes)
                && bytes != wire
            {
                // A signature of another form over the same message is no second message.
                assert!(!read.verify(&key.public()) || read.to_wire() == wire);
            }
        });
    }
}

fn plain_of(frame: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut plain = Vec::new();
    brotli::Decompressor::new(&frame[1..], 4096)
        .read_to_end(&mut plain)
        .unwrap();
    plain
}

fn frame_of(plain: &[u8]) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 1,
        lgwin: 18,
        ..Default::default()
    };
    let mut frame = vec![1];
    brotli::BrotliCompress(&mut &*plain, &mut frame, &params).unwrap();
    frame
}
