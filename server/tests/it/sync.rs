//! Phones join, deliver, read the station log, and are told what is wrong with what they send.

use std::time::Duration;

use sync_core::envelope::{Outcome, Seen, SoftKey, Statement};
use sync_core::ids::{ActId, DeviceId, Hash, PersonId, StationId};
use sync_core::record::write::Edit;
use sync_core::sync::message::Message;
use sync_core::sync::{JoinCode, Nonce};
use wardbook::officer::Officer;
use wardbook::{args, charter, rebuild, sql, verify, write_tx};

use crate::on_both_engines;
use crate::phone::{Phone, exchange};
use crate::scene::{Scene, set};

fn numbers(statements: &[Statement]) -> Vec<String> {
    let numbers = statements.iter().filter_map(|statement| match statement {
        Statement::Number(number) => Some(number.text.clone()),
        _ => None,
    });
    numbers.collect()
}

on_both_engines! {
    async fn a_phone_joins_delivers_and_reads_what_became_of_it(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone(1).await;
        assert_eq!(phone.person.as_str(), "O0001");
        let (record, act) = phone.case("占道经营");
        let envelope = phone.close(&[act]);
        let answer = phone.sync(scene.server.sync, std::slice::from_ref(&envelope));
        let receipt = answer.receipt.unwrap();
        assert_eq!(receipt.message.stored[0].envelope, envelope.hash());
        let entry = phone.outcome(&envelope);
        assert!(entry.held.is_empty() && !entry.whole, "{entry:?}");
        let records = phone.record(scene.server.sync, record).fine();
        assert_eq!(records.changes.len(), 1);
        assert_eq!(records.head.message.index, phone.range.size());
        scene.end().await;
    }

    async fn nothing_new_is_small_and_has_no_signature(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone(1).await;
        phone.catch_up(scene.server.sync);
        let request = phone.request(&[]);
        let size = sync_core::envelope::Signed::by(&phone.key, request.clone()).to_wire().len();
        let answer = phone.ask(scene.server.sync, request).fine();
        assert!(answer.receipt.is_none() && answer.head.is_none() && answer.entries.is_empty());
        assert!(answer.charter.is_empty() && answer.catalogue.is_none() && !answer.more);
        assert!(size + answer.to_wire().len() < 320, "{size} up");
        scene.end().await;
    }

    async fn colleagues_see_each_other_and_nobody_gets_their_own_back(store) {
        let scene = Scene::new(store).await;
        let (mut one, mut two) = (scene.phone(1).await, scene.phone(2).await);
        let (record, act) = one.case("乱堆物");
        let first = one.close(std::slice::from_ref(&act));
        one.sync(scene.server.sync, std::slice::from_ref(&first));
        two.catch_up(scene.server.sync);
        assert!(two.bodies.iter().any(|body| body.hash() == first.hash()));
        let change = &act.parts[0].change;
        let edit = two.edit(record, std::slice::from_ref(change), &[set("place", "西街")]);
        let second = two.close_after(&[edit], vec![first.as_need()]);
        two.sync(scene.server.sync, std::slice::from_ref(&second));
        one.catch_up(scene.server.sync);
        assert!(!one.bodies.iter().any(|body| body.body.device == one.device()));
        assert_eq!(one.entries, two.entries);
        scene.end().await;
    }

    async fn a_number_comes_back_gap_free_with_the_step_that_draws_it(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone_of(1, "O0001", "squad_leader").await;
        for cause in ["甲", "乙"] {
            let (record, act) = phone.case(cause);
            let step = Edit::Step { to: "filed".to_owned(), note: None };
            let change = act.parts[0].change.clone();
            let filed = phone.edit(record, &[change], &[step]);
            let envelope = phone.close(&[act, filed]);
            phone.sync(scene.server.sync, &[envelope]);
        }
        phone.catch_up(scene.server.sync);
        let expected = ["测试站案〔2026〕第0001号", "测试站案〔2026〕第0002号"];
        assert_eq!(numbers(&phone.statements()), expected);
        scene.end().await;
    }

    async fn a_held_act_is_told_with_its_reason_and_its_neighbours_are_merged(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone(1).await;
        let (record, made) = phone.case("甲");
        let change = made.parts[0].change.clone();
        // Filing a case is for the squad leader.
        let step = Edit::Step { to: "filed".to_owned(), note: None };
        let filed = phone.edit(record, &[change], &[step]);
        let (_, other) = phone.case("乙");
        let envelope = phone.close(&[made, filed, other]);
        phone.sync(scene.server.sync, std::slice::from_ref(&envelope));
        let held = phone.outcome(&envelope).held.clone();
        assert_eq!((held.len(), held[0].index, held[0].code.as_str()), (1, 1, "forbidden"));
        phone.catch_up(scene.server.sync);
        let verdicts = phone.statements();
        let said = verdicts.iter().any(|statement| {
            matches!(statement, Statement::Verdict(verdict) if verdict.code == "forbidden")
        });
        assert!(said, "{verdicts:?}");
        let args = args![&scene.station, "held"];
        let held = scene.store.db.fetch_all(sql!("held_list"), args).await.unwrap();
        assert_eq!(held[0].get::<String>("person").unwrap(), "O0001");
        scene.end().await;
    }

    async fn what_rests_on_a_held_act_is_written_anew_on_its_authors_behalf(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone(1).await;
        let (record, made) = phone.case("甲");
        let first = made.parts[0].change.clone();
        // Filing a case is for the squad leader; what follows on the phone rests on it.
        let step = Edit::Step { to: "filed".to_owned(), note: None };
        let filed = phone.edit(record, std::slice::from_ref(&first), &[step]);
        let second = filed.parts[0].change.clone();
        let moved = phone.edit(record, &[first, second], &[set("place", "锦华苑6号楼顶")]);
        let sound = ActId { device: phone.device(), n: moved.n };
        let envelope = phone.close(&[made, filed, moved]);
        phone.sync(scene.server.sync, std::slice::from_ref(&envelope));
        let held = phone.outcome(&envelope).held.clone();
        let codes: Vec<&str> = held.iter().map(|act| act.code.as_str()).collect();
        assert_eq!(codes, ["forbidden", "stranded"]);
        phone.catch_up(scene.server.sync);
        let anew = phone
            .bodies
            .iter()
            .flat_map(|body| body.open().unwrap().acts)
            .find_map(|act| act.ok().filter(|act| act.original().is_some()))
            .unwrap();
        assert_eq!(anew.original().unwrap().act, sound);
        assert_eq!(anew.on_behalf.as_ref().unwrap().person, phone.person);
        let said = phone.statements().iter().any(|statement| {
            matches!(statement, Statement::Verdict(verdict)
                if verdict.act == sound && matches!(verdict.outcome, Outcome::Rewritten { .. }))
        });
        assert!(said);
        let changes = phone.record(scene.server.sync, record).fine().changes;
        assert_eq!(changes.len(), 2);
        let station = scene.station.clone();
        write_tx!(scene.store.db, "rebuild", async |tx| {
            rebuild::check(tx, &station).await.map(drop)
        })
        .await
        .unwrap();
        write_tx!(scene.store.db, "verify", async |tx| {
            verify::verify(tx, &station).await.map(drop)
        })
        .await
        .unwrap();
        scene.end().await;
    }

    async fn a_request_that_is_not_the_devices_own_is_refused(store) {
        let scene = Scene::new(store).await;
        let phone = scene.phone(1).await;
        let other = SoftKey::from_secret(&[9; 32]).unwrap();
        let forged = sync_core::envelope::Signed::by(&other, phone.request(&[])).to_wire();
        let (status, _) = exchange(scene.server.sync, "POST /v1/sync", "", &forged).unwrap();
        assert_eq!(status, 403);
        let (status, _) = exchange(scene.server.sync, "POST /v1/sync", "", b"oops").unwrap();
        assert_eq!(status, 400);
        let mut stranger = Phone::new(3);
        stranger.nonce = phone.nonce;
        stranger.ask(scene.server.sync, stranger.request(&[])).problem("device_unknown");
        stranger.station = StationId::new("S99").unwrap();
        stranger.ask(scene.server.sync, stranger.request(&[])).problem("station_unknown");
        scene.end().await;
    }

    async fn a_stale_nonce_is_answered_with_a_fresh_one(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone(1).await;
        scene.store.clock.advance(Duration::from_secs(31 * 24 * 3600));
        let problem = phone.ask(scene.server.sync, phone.request(&[])).problem("nonce_stale");
        let fresh = data_encoding::HEXLOWER.decode(problem["nonce"].as_str().unwrap().as_bytes());
        phone.nonce = Nonce(fresh.unwrap().try_into().unwrap());
        phone.ask(scene.server.sync, phone.request(&[])).fine();
        phone.nonce = Nonce([7; 20]);
        phone.ask(scene.server.sync, phone.request(&[])).problem("nonce_stale");
        scene.end().await;
    }

    async fn a_log_that_never_stood_so_harms_only_who_claims_it(store) {
        let scene = Scene::new(store).await;
        let (mut phone, mut other) = (scene.phone(1).await, scene.phone(2).await);
        phone.catch_up(scene.server.sync);
        let (index, root) = (phone.range.size(), phone.range.root());
        for seen in [
            Seen { lineage: 0, index, root: Hash([1; 32]) },
            Seen { lineage: 0, index: index + 1, root },
            Seen { lineage: 1, index, root },
            Seen { lineage: 0, index: 0, root },
        ] {
            let mut request = phone.request(&[]);
            request.seen = Some(seen);
            phone.ask(scene.server.sync, request).problem("bad_seen");
        }
        other.catch_up(scene.server.sync);
        phone.catch_up(scene.server.sync);
        scene.end().await;
    }

    async fn a_code_enrols_one_phone_and_that_phone_again(store) {
        let scene = Scene::new(store).await;
        let code = scene.store.code(&scene.station, "O0001", "stationed_officer").await;
        let mut phone = Phone::new(1);
        let first = phone.join(scene.server.sync, &code);
        let mut again = Phone::new(1);
        assert_eq!(again.join(scene.server.sync, &code).charter, first.charter);
        Phone::new(2).try_join(scene.server.sync, &code).problem("invite_used");
        let key = scene.store.data.key(&scene.station).unwrap().public();
        let none = JoinCode::new(scene.station.clone(), [0; 10], &key).reveal();
        Phone::new(2).try_join(scene.server.sync, &none).problem("invite_unknown");
        // A station that is not here and a key that is not the server's are answered alike.
        let theirs = Phone::new(9).key.public();
        for (station, key) in [("S77", &key), ("S00", &theirs)] {
            let station = StationId::new(station).unwrap();
            let code = JoinCode::new(station, [0; 10], key).reveal();
            Phone::new(2).try_join(scene.server.sync, &code).problem("invite_elsewhere");
        }
        let mut old = Phone::new(2).join_request(&code);
        old.code = None;
        Phone::new(2).send_join(scene.server.sync, old).problem("phone_outdated");
        // A key that is somebody else's already, and one that the sender does not hold.
        let code = scene.store.code(&scene.station, "O0002", "stationed_officer").await;
        Phone::new(1).try_join(scene.server.sync, &code).problem("device_taken");
        let thief = Phone::new(4);
        let request = sync_core::envelope::Signed::by(&thief.key, Phone::new(5).join_request(&code));
        let sent = exchange(scene.server.sync, "POST /v1/join", "", &request.to_wire()).unwrap();
        assert_eq!(sent.0, 403);
        // Nor does one who reads a request on its way enrol keys of their own with it.
        let mut bent = Phone::new(5).join_request(&code);
        bent.sign_key = thief.key.public();
        thief.send_join(scene.server.sync, bent.clone()).problem("signature_wrong");
        bent.agree_key = thief.key.public();
        bent.code = thief.join_request(&none).code;
        thief.send_join(scene.server.sync, bent).problem("signature_wrong");
        Phone::new(2).join(scene.server.sync, &code);
        scene.end().await;
    }

    async fn a_removed_device_still_delivers_and_is_told_nothing(store) {
        let scene = Scene::new(store).await;
        let (mut phone, mut other) = (scene.phone(1).await, scene.phone(2).await);
        let (_, act) = phone.case("甲");
        let envelope = phone.close(&[act]);
        let person = PersonId::new("O0001").unwrap();
        let store = &scene.store;
        write_tx!(store.db, "test", async |tx| {
            Officer::remove(tx, &scene.station, &person, &store.clock).await?;
            charter::issue(tx, &scene.station, None, &store.data, &store.clock).await
        })
        .await
        .unwrap();
        phone.ask(scene.server.sync, phone.request(&[])).problem("device_removed");
        let answer = phone.ask(scene.server.sync, phone.request(std::slice::from_ref(&envelope))).fine();
        assert!(answer.receipt.is_some() && answer.entries.is_empty() && answer.charter.is_empty());
        other.catch_up(scene.server.sync);
        let entry = other.outcome(&envelope);
        assert!(entry.whole);
        assert_eq!(entry.held[0].code, "device_removed");
        assert!(!other.bodies.iter().any(|body| body.hash() == envelope.hash()));
        // Beyond its quota nothing more is kept of it.
        let last = loop {
            let (_, act) = phone.case("再");
            let envelope = phone.close(&[act]);
            match phone.ask(scene.server.sync, phone.request(&[envelope])) {
                crate::phone::Answer::Fine(_) => assert!(phone.closed.len() < 100),
                problem => break problem.problem("envelopes_turned_away"),
            }
        };
        assert_eq!(last["envelopes"][0]["code"], "removed");
        scene.end().await;
    }

    async fn a_long_log_comes_in_parts_that_each_fit_their_head(store) {
        let scene = Scene::new(store).await;
        let (mut one, mut two) = (scene.phone(1).await, scene.phone(2).await);
        for n in 0..12 {
            let (_, act) = one.case(&format!("案{n}"));
            let envelope = one.close(&[act]);
            one.sync(scene.server.sync, &[envelope]);
        }
        let mut parts = 0;
        loop {
            let mut request = two.request(&[]);
            request.limit = Some(1500);
            let answer = two.ask(scene.server.sync, request).fine();
            two.adopt(&answer);
            parts += 1;
            if !answer.more {
                break;
            }
        }
        assert!(parts > 3, "{parts}");
        one.catch_up(scene.server.sync);
        assert_eq!(one.entries, two.entries);
        // Without a place in the log, it is read from the beginning.
        let mut request = two.request(&[]);
        request.seen = None;
        let answer = two.ask(scene.server.sync, request).fine();
        assert_eq!(answer.entries.len() as u64, two.range.size());
        scene.end().await;
    }

    async fn two_stations_do_not_mix(store) {
        let scene = Scene::new(store).await;
        let other = scene.store.station("S01").await;
        let mut one = scene.phone(1).await;
        let code = scene.store.code(&other, "O0001", "stationed_officer").await;
        let mut two = Phone::new(2);
        two.join(scene.server.sync, &code);
        assert_eq!(two.station, other);
        let (record, act) = one.case("甲");
        let envelope = one.close(&[act]);
        one.sync(scene.server.sync, std::slice::from_ref(&envelope));
        let (_, act) = two.case("乙");
        let theirs = two.close(&[act]);
        two.sync(scene.server.sync, std::slice::from_ref(&theirs));
        let asked = two.ask(scene.server.sync, two.request(std::slice::from_ref(&envelope)));
        assert_eq!(asked.problem("envelopes_turned_away")["envelopes"][0]["code"], "wrong_station");
        two.record(scene.server.sync, record).problem("record_unknown");
        one.station = other.clone();
        one.ask(scene.server.sync, one.request(&[])).problem("device_unknown");
        one.station = scene.station.clone();
        one.catch_up(scene.server.sync);
        two.catch_up(scene.server.sync);
        let knows = |phone: &Phone, device: DeviceId| {
            phone.entries.iter().any(|entry| entry.device == device)
        };
        assert!(!knows(&one, two.device()) && !knows(&two, one.device()));
        scene.end().await;
    }

    async fn many_phones_at_once_share_commits_and_all_are_receipted(store) {
        let scene = Scene::new(store).await;
        let mut phones = Vec::new();
        for secret in 1..=12 {
            phones.push(scene.phone(secret).await);
        }
        let server = scene.server.sync;
        let threads: Vec<_> = phones
            .into_iter()
            .map(|mut phone| {
                std::thread::spawn(move || {
                    for n in 0..4 {
                        let (_, act) = phone.case(&format!("{n}"));
                        let envelope = phone.close(&[act]);
                        let answer = phone.sync(server, std::slice::from_ref(&envelope));
                        assert_eq!(answer.receipt.unwrap().message.stored.len(), 1);
                    }
                    phone.catch_up(server);
                    phone
                })
            })
            .collect();
        let phones: Vec<Phone> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let mut reader = phones.into_iter().next().unwrap();
        reader.catch_up(server);
        let theirs = reader.entries.iter().filter(|entry| reader.charter.ever(entry.device).is_some());
        assert_eq!(theirs.count(), 48);
        scene.end().await;
    }
}
