//! What becomes of what phones send: again, out of order, forked, too much, broken.

use sync_core::envelope::Envelope;
use sync_core::ids::{Hash, StationId};
use sync_core::sync::message::MAX_ENVELOPES;
use sync_core::sync::{Want, WireEnvelope};
use wardbook::{args, sql, verify, write_tx};

use crate::on_both_engines;
use crate::phone::Phone;
use crate::scene::Scene;

on_both_engines! {
    async fn a_delivery_again_is_receipted_again_and_stored_once(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone(1).await;
        let (_, act) = phone.case("占道");
        let envelope = phone.close(&[act]);
        for _ in 0..3 {
            let answer = phone.sync(scene.server.sync, std::slice::from_ref(&envelope));
            assert_eq!(answer.receipt.unwrap().message.stored.len(), 1);
        }
        let entries = phone.entries.iter().filter(|entry| entry.device == phone.device());
        assert_eq!(entries.count(), 1);
        // The same body signed anew is the same envelope.
        let mut odd = envelope.clone();
        odd.sig = phone.key.sign(&odd.sign_bytes());
        assert_eq!(phone.sync(scene.server.sync, &[odd]).receipt.unwrap().message.stored.len(), 1);
        scene.end().await;
    }

    async fn what_lacks_its_predecessor_is_asked_for_and_not_stored(store) {
        let scene = Scene::new(store).await;
        let (mut phone, mut other) = (scene.phone(1).await, scene.phone(2).await);
        let envelopes: Vec<Envelope> = (0..3)
            .map(|n| {
                let (_, act) = phone.case(&format!("案{n}"));
                phone.close(&[act])
            })
            .collect();
        let answer = phone.sync(scene.server.sync, &envelopes[1..]);
        assert_eq!(answer.need, [Want { device: phone.device(), seq: 1 }]);
        assert!(answer.receipt.is_none());
        let (_, act) = other.case("别案");
        let resting = other.close_after(&[act], vec![envelopes[2].as_need()]);
        let answer = other.sync(scene.server.sync, std::slice::from_ref(&resting));
        assert_eq!(answer.need, [Want { device: phone.device(), seq: 3 }]);
        // Carried by a colleague's phone, in one delivery, they are all taken.
        let carried = [envelopes.clone(), vec![resting]].concat();
        let answer = other.sync(scene.server.sync, &carried);
        assert_eq!(answer.receipt.unwrap().message.stored.len(), 4);
        assert!(answer.need.is_empty());
        scene.end().await;
    }

    async fn a_fork_is_kept_as_proof_and_freezes_its_device_alone(store) {
        let scene = Scene::new(store).await;
        let (mut phone, mut other) = (scene.phone(1).await, scene.phone(2).await);
        let (_, act) = phone.case("甲");
        let branch = phone.sign(phone.draft(Vec::new()), std::slice::from_ref(&act), &[]);
        let (_, act) = phone.case("乙");
        let losing = phone.sign(phone.draft(Vec::new()), &[act], &[]);
        phone.sync(scene.server.sync, std::slice::from_ref(&branch));
        let asked = phone.ask(scene.server.sync, phone.request(std::slice::from_ref(&losing)));
        let problem = asked.problem("envelopes_turned_away");
        assert_eq!(problem["envelopes"][0]["code"], "frozen");
        assert_eq!(problem["envelopes"][0]["envelope"], losing.hash().to_string());
        let args = args![&scene.station];
        let forks = scene.store.db.fetch_all(sql!("fork_list"), args).await.unwrap();
        assert_eq!(Hash(forks[0].bytes("hash").unwrap()), losing.hash());
        phone.closed.push(branch.clone());
        let (_, act) = phone.case("丙");
        let next = phone.close(&[act]);
        let problem = phone.ask(scene.server.sync, phone.request(&[next])).problem("envelopes_turned_away");
        assert_eq!(problem["envelopes"][0]["code"], "frozen");
        phone.catch_up(scene.server.sync);
        let (_, act) = other.case("丁");
        // What rests on the losing branch is taken in all the same.
        let station = scene.station.clone();
        let verified = write_tx!(scene.store.db, "verify", async |tx| {
            verify::verify(tx, &station).await
        })
        .await
        .unwrap();
        let [fork] = verified.forks.as_slice() else { panic!("{verified:?}") };
        assert_eq!((fork.device, fork.seq), (phone.device(), 1));
        let envelope = other.close_after(&[act], vec![losing.as_need()]);
        assert!(other.sync(scene.server.sync, &[envelope]).receipt.is_some());
        scene.end().await;
    }

    async fn envelopes_that_cannot_be_kept_are_named_with_why(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone(1).await;
        let (_, act) = phone.case("甲");
        let good = phone.close(std::slice::from_ref(&act));
        let mut unsigned = good.clone();
        unsigned.sig = vec![1; 64];
        let mut stranger = Phone::new(77);
        stranger.charter = phone.charter.clone();
        let (_, theirs) = stranger.case("乙");
        let unknown = stranger.close(&[theirs]);
        let mut elsewhere = phone.draft(Vec::new());
        elsewhere.station = StationId::new("S99").unwrap();
        let elsewhere = phone.sign(elsewhere, &[act], &[]);
        let mut request = phone.request(&[unsigned, unknown, elsewhere]);
        let truncated = good.to_bytes()[..200].to_vec();
        for bytes in [truncated, vec![0xff; 40], Vec::new()] {
            request.envelopes.push(WireEnvelope { bytes, sheet: None });
        }
        let problem = phone.ask(scene.server.sync, request.clone()).problem("envelopes_turned_away");
        let codes: Vec<_> = (0..6).map(|n| problem["envelopes"][n]["code"].clone()).collect();
        let malformed = "malformed";
        assert_eq!(
            codes,
            ["bad_signature", "stranger", "wrong_station", malformed, malformed, malformed]
        );
        // Beside them, what is good is stored and receipted.
        request.envelopes.push(WireEnvelope { bytes: good.to_bytes(), sheet: None });
        let answer = phone.ask(scene.server.sync, request).fine();
        assert_eq!(answer.receipt.unwrap().message.stored[0].envelope, good.hash());
        scene.end().await;
    }

    async fn a_delivery_beyond_its_bounds_is_refused_whole(store) {
        let scene = Scene::new(store).await;
        let phone = scene.phone(1).await;
        let fill = |count, size| {
            let mut request = phone.request(&[]);
            let bytes = vec![0; size];
            request.envelopes = vec![WireEnvelope { bytes, sheet: None }; count];
            request
        };
        for (count, size) in [(MAX_ENVELOPES + 1, 1), (2, 25_000)] {
            phone.ask(scene.server.sync, fill(count, size)).problem("delivery_too_large");
        }
        phone.ask(scene.server.sync, fill(1, 300_000)).problem("body_too_large");
        phone.ask(scene.server.sync, fill(1, 60_000)).problem("envelopes_turned_away");
        scene.end().await;
    }

    async fn a_bomb_and_a_broken_frame_are_held_and_harm_nobody(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone(1).await;
        // 64 MiB of nothing, some hundred bytes packed; and bytes that are no frame at all.
        for frame in [bomb(), vec![9, 9, 9], Vec::new()] {
            let envelope = with_frame(&phone, frame);
            phone.closed.push(envelope.clone());
            phone.sync(scene.server.sync, std::slice::from_ref(&envelope));
            assert!(phone.outcome(&envelope).whole);
        }
        let (_, act) = phone.case("甲");
        let good = phone.close(&[act]);
        phone.sync(scene.server.sync, std::slice::from_ref(&good));
        assert!(!phone.outcome(&good).whole);
        scene.end().await;
    }
}

/// A frame that opens to 64 MiB of zeros: packed once and kept, so that no compressor is needed.
fn bomb() -> Vec<u8> {
    [&[1], include_bytes!("bomb.br").as_slice()].concat()
}

/// An envelope around bytes that no pen makes.
fn with_frame(phone: &Phone, frame: Vec<u8>) -> Envelope {
    let mut envelope = phone.sign(phone.draft(Vec::new()), &[], &[]);
    envelope.body.frame_hash = Hash::of(&frame);
    envelope.frame = frame;
    envelope.body_bytes = sync_core::envelope::codec::to_bytes(&envelope.body);
    envelope.sig = phone.key.sign(&envelope.sign_bytes());
    envelope
}
