//! Phones whose store was copied, restored or lost its key join anew, over the wire.

use std::ops::Deref;
use std::path::Path;

use ffi::form::Given;
use ffi::http::Client;
use ffi::{Doing, Keys, Phone, PhoneError, Saved, SyncWish};
use sync_core::fieldbook::Refusal;
use sync_core::ids::RecordId;
use wardbook::db::Query;
use wardbook::{args, read_tx, rebuild, sql, write_tx};

use crate::middleman::Middle;
use crate::on_both_engines;
use crate::phone::exchange;
use crate::store::TestStore;
use crate::stores::Stores;

struct Scene(Stores);

impl Deref for Scene {
    type Target = Stores;

    fn deref(&self) -> &Stores {
        &self.0
    }
}

impl Scene {
    async fn new(store: TestStore) -> Scene {
        let station = store.station("S00").await;
        Scene(Stores::of(store, station).await)
    }

    async fn join(&self, phone: &mut Phone) {
        self.0.join(phone, "O0001").await;
    }

    /// The causes of all cases in the books, each as often as it stands there.
    async fn books(&self) -> Vec<String> {
        let mut reader = self.open("reader");
        if reader.membership().is_err() {
            let code = self.code("O0009").await;
            reader.join(&self.client, &code, None, "查阅").unwrap();
        }
        self.sync(&mut reader);
        causes(&reader)
    }

    /// How many held acts wait for somebody.
    async fn held(&self) -> u64 {
        let key = args![&self.station];
        let row = self.store.db.fetch_opt(sql!("held_count"), key).await;
        row.unwrap().unwrap().count("n").unwrap()
    }

    async fn end(self) {
        self.0.end().await;
    }
}

fn case(phone: &mut Phone, cause: &str) -> Saved {
    let given = [
        ("source", "patrol"),
        ("cause", cause),
        ("offence_at", "2026-05-11 14:05"),
        ("place", "城站路"),
    ];
    let words = given.map(|(place, value)| Given {
        place: place.to_owned(),
        value: value.to_owned(),
    });
    let doing = Doing::Create {
        kind: "case".to_owned(),
        external_id: None,
        words: words.into(),
        steps: vec!["lead".to_owned()],
    };
    phone.record(doing).unwrap()
}

fn row(phone: &mut Phone, record: RecordId, text: &str) {
    let word = Given {
        place: "log.text".to_owned(),
        value: text.to_owned(),
    };
    let (words, reason) = (vec![word], None);
    phone
        .record(Doing::Edit {
            record,
            words,
            reason,
        })
        .unwrap();
}

/// The texts of a record's log, each as often as it stands there.
fn texts(phone: &Phone, record: RecordId) -> Vec<String> {
    let view = phone.record_view(record).unwrap().view;
    let rows = view.rows.values();
    let cells = rows
        .filter_map(|row| row.cells.get("text"))
        .flat_map(|slot| &slot.values);
    let texts = cells.filter_map(|written| written.value.as_str());
    let mut texts: Vec<String> = texts.map(str::to_owned).collect();
    texts.sort();
    texts
}

fn causes(phone: &Phone) -> Vec<String> {
    let rows = phone.list().unwrap().into_iter();
    let mut causes: Vec<String> = rows.map(|row| row.title).collect();
    causes.sort();
    causes
}

on_both_engines! {
    async fn a_restored_backup_joins_anew_and_doubles_nothing_of_what_went_out_after_it(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.open("phone");
        scene.join(&mut phone).await;
        case(&mut phone, "甲");
        scene.sync(&mut phone);
        let unsent = case(&mut phone, "乙");
        let saved_at = phone.record_view(unsent.records[0]).unwrap().view.changes[0].origin.at;
        case(&mut phone, "丙");
        drop(phone);
        scene.copy("phone", "backup");
        // A backup does not hold the incarnation.
        std::fs::remove_file(scene.dir("backup").join("incarnation")).unwrap();
        let mut phone = scene.open("phone");
        scene.sync(&mut phone);
        case(&mut phone, "丁");
        scene.sync(&mut phone);
        drop(phone);

        let mut restored = scene.open("backup");
        assert!(restored.must_join_anew());
        let refused = scene.try_sync(&mut restored);
        assert!(matches!(refused, Err(PhoneError::Copied)), "{refused:?}");
        // The answer to the first join is lost, and the program with it.
        let code = scene.code("O0001").await;
        let asked = restored.ask_to_join(&code, None, "修复").unwrap();
        scene.client.send("/v1/join", &asked).unwrap();
        drop(restored);
        let mut restored = scene.open("backup");
        restored.join(&scene.client, &code, None, "修复").unwrap();
        assert_eq!(restored.status().anew, 2);
        drop(restored);
        let mut restored = scene.open("backup");
        assert!(!restored.must_join_anew());
        case(&mut restored, "戊");
        let report = scene.sync(&mut restored);
        assert_eq!(report.written_anew, 1, "what was written since");
        let status = restored.status();
        assert_eq!((status.saved, status.registered, status.anew), (4, 4, 0));
        assert_eq!(causes(&restored), ["丁", "丙", "乙", "戊", "甲"]);
        assert_eq!(scene.books().await, causes(&restored));
        let view = restored.record_view(unsent.records[0]).unwrap().view;
        assert_eq!(view.changes[0].origin.at, saved_at);
        scene.end().await;
    }

    async fn what_was_lost_with_the_phone_is_written_anew_from_its_backup(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.open("phone");
        scene.join(&mut phone).await;
        let saved = case(&mut phone, "甲");
        let saved_at = phone.record_view(saved.records[0]).unwrap().view.changes[0].origin.at;
        phone.offer().unwrap();
        case(&mut phone, "乙");
        drop(phone);
        std::fs::remove_file(scene.dir("phone").join("incarnation")).unwrap();
        let mut phone = scene.open("phone");
        scene.join(&mut phone).await;
        let report = scene.sync(&mut phone);
        assert_eq!((report.written_anew, report.anew_held), (2, 0));
        assert_eq!(scene.books().await, ["乙", "甲"]);
        let rows = phone.list().unwrap().into_iter();
        let clocks: Vec<i64> = rows
            .map(|row| phone.record_view(row.record).unwrap().view.changes[0].origin.at)
            .collect();
        assert!(clocks.contains(&saved_at), "recorded when it was");
        scene.end().await;
    }

    async fn two_live_copies_are_both_stopped_and_both_go_on_under_names_of_their_own(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.open("one");
        scene.join(&mut phone).await;
        case(&mut phone, "同");
        drop(phone);
        // All of it, with the incarnation: nothing here tells the two apart.
        scene.copy("one", "two");
        let (mut one, mut two) = (scene.open("one"), scene.open("two"));
        case(&mut one, "左");
        case(&mut two, "右");
        scene.sync(&mut one);
        let stopped = scene.try_sync(&mut two);
        let is_doubled = matches!(stopped, Err(PhoneError::Refused(Refusal::Doubled)));
        assert!(is_doubled, "{stopped:?}");
        assert!(two.must_join_anew() && two.alarm().is_some());
        case(&mut two, "右二");
        scene.join(&mut two).await;
        assert!(two.alarm().is_none() && two.alarms()[0].cleared.is_some());
        scene.sync(&mut two);
        assert_eq!(causes(&two), ["右", "右二", "同", "左"]);
        // The other's name has ended: it is told so, and loses nothing either.
        case(&mut one, "左二");
        let _ = scene.try_sync(&mut one);
        let stopped = scene.try_sync(&mut one);
        assert!(stopped.is_err() && one.must_join_anew(), "{stopped:?}");
        scene.join(&mut one).await;
        scene.sync(&mut one);
        scene.sync(&mut two);
        let all = ["右", "右二", "同", "左", "左二"];
        assert_eq!(scene.books().await, all);
        assert_eq!((causes(&one), causes(&two)), (all.map(str::to_owned).into(), all.map(str::to_owned).into()));
        scene.end().await;
    }

    async fn two_copies_that_write_one_act_anew_at_the_same_moment_enter_it_once(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.open("phone");
        scene.join(&mut phone).await;
        let sent = case(&mut phone, "甲").records[0];
        scene.sync(&mut phone);
        let unsent = case(&mut phone, "乙").records[0];
        row(&mut phone, unsent, "到场");
        row(&mut phone, sent, "复查");
        drop(phone);
        for name in ["one", "two"] {
            scene.copy("phone", name);
            std::fs::remove_file(scene.dir(name).join("incarnation")).unwrap();
        }
        let (mut one, mut two) = (scene.open("one"), scene.open("two"));
        for phone in [&mut one, &mut two] {
            scene.join(phone).await;
            // Each reads as far as it must to write anew, and then has no signal.
            let server = scene.server.sync;
            let middle = Middle::that(move |body| {
                exchange(server, "POST /v1/sync", "", body).unwrap()
            });
            let client = Client::new(&format!("http://{}", middle.address)).unwrap();
            let wish = SyncWish { wait_registered: true, wait_ms: Some(10_000) };
            let cut = phone.sync(&client, wish);
            assert!(matches!(cut, Err(PhoneError::Http(_))), "{cut:?}");
            middle.end();
            assert_eq!(phone.status().anew, 0, "it knows what the server has");
        }
        for (phone, text) in [(&mut one, "左"), (&mut two, "右")] {
            for record in phone.list().unwrap().into_iter().map(|row| row.record) {
                row(phone, record, text);
            }
        }
        for _ in 0..2 {
            scene.sync(&mut one);
            scene.sync(&mut two);
        }
        assert_eq!(scene.books().await, ["乙", "甲"]);
        let reader = scene.open("reader");
        for record in reader.list().unwrap().into_iter().map(|row| row.record) {
            let shown = texts(&reader, record);
            let first = if record == sent { "复查" } else { "到场" };
            let mut all = vec![first, "左", "右"];
            all.sort_unstable();
            assert_eq!(shown, all);
            assert_eq!((texts(&one, record), texts(&two, record)), (shown.clone(), shown));
        }
        drop(reader);
        for phone in [&one, &two] {
            let status = phone.status();
            assert_eq!((status.held, status.registered), (0, status.saved), "{status:?}");
        }
        assert_eq!(scene.held().await, 0);
        // Nothing but the log is believed, and gives the same.
        let (db, id) = (&scene.store.db, &scene.station);
        read_tx!(*db, "test", async |tx| rebuild::check(tx, id).await).await.unwrap();
        write_tx!(*db, "test", async |tx| rebuild::rewrite(tx, id).await).await.unwrap();
        read_tx!(*db, "test", async |tx| rebuild::check(tx, id).await).await.unwrap();

        // The phone they were copied from lives, and brings the same late, under its ended name.
        let _ = scene.try_sync(&mut scene.open("phone"));
        let late = "SELECT COUNT(*) AS n FROM held WHERE station_id = $1 AND code = 'device_removed'";
        let late = Query { name: "late", sql: late };
        let late = db.fetch_opt(late, args![id]).await.unwrap().unwrap();
        assert_eq!(late.count("n").unwrap(), 3);
        assert_eq!(scene.held().await, 0, "it is in the books, and waits for nobody");
        assert_eq!(scene.books().await, ["乙", "甲"]);
        scene.end().await;
    }

    async fn a_store_whose_signing_key_is_lost_joins_with_another(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.open("phone");
        scene.join(&mut phone).await;
        case(&mut phone, "甲");
        scene.sync(&mut phone);
        case(&mut phone, "乙");
        drop(phone);
        let (keys, others) = (scene.dir("phone").join("keys"), scene.dir("other"));
        Keys::of(&others).unwrap();
        let text = |path: &Path| std::fs::read_to_string(path).unwrap();
        let store = text(&keys).lines().next().unwrap().to_owned();
        let drawn = text(&others.join("keys"));
        let drawn = drawn.split_once('\n').unwrap().1;
        std::fs::write(&keys, format!("{store}\n{drawn}")).unwrap();
        let mut phone = scene.open("phone");
        assert!(scene.try_sync(&mut phone).is_err());
        scene.join(&mut phone).await;
        assert_eq!(scene.sync(&mut phone).written_anew, 1);
        assert_eq!(scene.books().await, ["乙", "甲"]);

        // Everything is lost: what was sent comes back with the first sync.
        let mut new = scene.open("new");
        scene.join(&mut new).await;
        scene.sync(&mut new);
        assert_eq!(causes(&new), ["乙", "甲"]);
        scene.end().await;
    }

    async fn the_old_device_ends_with_the_new_one_and_only_its_owner_ends_it(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.open("phone");
        scene.join(&mut phone).await;
        let old = phone.membership().unwrap().device;
        drop(phone);
        std::fs::remove_file(scene.dir("phone").join("incarnation")).unwrap();
        let mut phone = scene.open("phone");
        let code = scene.code("O0002").await;
        let refused = phone.join(&scene.client, &code, None, "他人");
        assert!(refused.is_err(), "{refused:?}");
        let removed = async || {
            let args = args![&scene.station, &old];
            let row = scene.store.db.fetch_opt(sql!("device_get"), args).await.unwrap();
            row.unwrap().get::<Option<i64>>("removed_seq").unwrap()
        };
        assert_eq!(removed().await, None);
        scene.join(&mut phone).await;
        assert!(removed().await.is_some());
        assert_ne!(phone.membership().unwrap().device, old);
        scene.end().await;
    }
}
