//! Pre-numbered forms over the wire: asked for online, handed out without a signal, never twice.

use std::ops::Deref;

use ffi::form::Given;
use ffi::{Doing, NumberBlock, Phone, PhoneError};
use serde_json::Value;
use sync_core::catalogue::Language;
use sync_core::fieldbook::Refusal;
use sync_core::ids::{PersonId, RecordId};
use wardbook::export::{self, Format, Wanted};
use wardbook::officer::{ChangedAt, Officer};
use wardbook::{charter, read_tx, write_tx};

use crate::http::get;
use crate::on_both_engines;
use crate::store::{NOW, TestStore};
use crate::stores::Stores;

struct Scene(Stores);

impl Deref for Scene {
    type Target = Stores;

    fn deref(&self) -> &Stores {
        &self.0
    }
}

impl Scene {
    /// A station with two officers who have a certificate.
    async fn new(store: TestStore) -> Scene {
        let station = store.station("S00").await;
        write_tx!(store.db, "test", async |tx| {
            for code in ["O0001", "O0002"] {
                let officer = Officer {
                    person: PersonId::new(code).unwrap(),
                    name: format!("队员{code}"),
                    post: "进驻队员".to_owned(),
                    certificate: format!("执法{code}"),
                    valid_from: None,
                    valid_until: None,
                    roles: vec!["stationed_officer".to_owned()],
                    phone: String::new(),
                    removed_at: None,
                    changed: ChangedAt::default(),
                };
                officer.add(tx, &station, &store.clock).await?;
            }
            charter::issue(tx, &station, None, &store.data, &store.clock).await
        })
        .await
        .unwrap();
        Scene(Stores::of(store, station).await)
    }

    async fn phone(&self, name: &str, person: &str) -> Phone {
        let mut phone = self.open(name);
        self.join(&mut phone, person).await;
        phone
    }

    /// The rows of the register of blocks, by range.
    async fn register(&self) -> Vec<Value> {
        let wanted = Wanted {
            book: "R11",
            from: None,
            to: None,
            format: Format::Jsonl,
            language: Language::Zh,
            masked: false,
            now: NOW,
        };
        let mut out = Vec::new();
        read_tx!(self.store.db, "test", async |tx| {
            out.clear();
            export::book(tx, &self.station, &wanted, &mut out).await
        })
        .await
        .unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn given(words: &[(&str, &str)]) -> Vec<Given> {
    let word = |(place, value): &(&str, &str)| Given {
        place: (*place).to_owned(),
        value: (*value).to_owned(),
    };
    words.iter().map(word).collect()
}

/// A case of which nothing is missing but the decision.
fn case(phone: &mut Phone) -> RecordId {
    let words = given(&[
        ("source", "patrol"),
        ("cause", "占道经营"),
        ("offence_at", "2026-05-11 14:05"),
        ("place", "城站路"),
        ("party", "永泰商行"),
        ("party_kind", "citizen"),
        ("procedure", "summary"),
        ("handlers", "O0001"),
        ("handlers", "O0002"),
        ("facts_certain", "true"),
        ("law", "市容环境卫生管理条例第十四条"),
        ("penalties.kind", "warning"),
    ]);
    let doing = Doing::Create {
        kind: "case".to_owned(),
        external_id: None,
        words,
        steps: vec!["on_spot_checked".to_owned()],
    };
    phone.record(doing).unwrap().records[0]
}

fn try_decide(phone: &mut Phone) -> Result<String, PhoneError> {
    let record = case(phone);
    phone.record(Doing::Step {
        record,
        step: "on_spot_decided".to_owned(),
        note: None,
    })?;
    let view = phone.view(record)?;
    let no = view.slot("form_no").unwrap().last().unwrap().value.as_str();
    Ok(no.unwrap().to_owned())
}

fn decide(phone: &mut Phone) -> String {
    try_decide(phone).unwrap()
}

fn only(phone: &Phone) -> NumberBlock {
    let mut blocks = phone.number_blocks().unwrap();
    assert_eq!(blocks.len(), 1);
    blocks.remove(0)
}

fn text<'v>(row: &'v Value, column: &str) -> &'v str {
    let text = &row["columns"][column]["text"];
    text.as_str().or(text["zh"].as_str()).unwrap_or_default()
}

on_both_engines! {
    async fn numbers_asked_for_with_a_signal_are_handed_out_without_one_in_their_order(store) {
        let scene = Scene::new(store).await;
        let mut phone = scene.phone("phone", "O0001").await;
        let refused = try_decide(&mut phone).unwrap_err();
        assert!(
            matches!(&refused, PhoneError::Refused(Refusal::StepGuard { otherwise, .. })
                if otherwise.en.contains("ask for a block")),
            "{refused:?}"
        );
        phone.ask_for_numbers(None).unwrap();
        assert_eq!(only(&phone).range, None);
        assert!(try_decide(&mut phone).is_err());
        scene.sync(&mut phone);
        // From here on without a signal.
        let block = only(&phone);
        assert_eq!(block.free.len(), 25);
        let range = block.range.clone().unwrap();
        assert!(range.contains("000001—000025"), "{range}");
        let first = decide(&mut phone);
        assert_eq!(first, block.free[0]);
        let refused = phone.void_number(&first, "写错").unwrap_err();
        assert!(refused.to_string().contains(&block.free[1]), "{refused}");
        assert!(phone.void_number(&block.free[1], " ").is_err());
        phone.void_number(&block.free[1], "写错").unwrap();
        assert_eq!(decide(&mut phone), block.free[2]);
        let now = only(&phone);
        assert_eq!((now.free.len(), now.used.len(), now.voided.len()), (22, 2, 1));

        scene.sync(&mut phone);
        let rows = scene.register().await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["number"], range);
        let used = format!("{first}；{}", block.free[2]);
        assert_eq!(text(&rows[0], "used"), used);
        let cases = text(&rows[0], "cases");
        assert!(cases.contains("第0001号") && cases.contains("第0002号"), "{cases}");
        assert_eq!(text(&rows[0], "voided"), block.free[1]);
        assert_eq!(text(&rows[0], "free"), "22");

        assert!(phone.return_numbers("0000", "轮换").is_err());
        phone.return_numbers(&range, "轮换岗位").unwrap();
        assert!(try_decide(&mut phone).is_err(), "nothing of a returned block is handed out");
        scene.sync(&mut phone);
        let rows = scene.register().await;
        assert_eq!((text(&rows[0], "free"), text(&rows[0], "given_back")), ("0", "22"));
        scene.0.end().await;
    }

    async fn two_phones_of_one_officer_and_a_copy_that_joins_anew_hand_out_no_number_twice(store) {
        let scene = Scene::new(store).await;
        let mut one = scene.phone("one", "O0001").await;
        one.ask_for_numbers(None).unwrap();
        scene.sync(&mut one);
        let mut other = scene.phone("other", "O0001").await;
        scene.sync(&mut other);
        assert_eq!(other.number_blocks().unwrap(), [], "the block of the other phone");
        assert!(try_decide(&mut other).is_err());
        other.ask_for_numbers(None).unwrap();
        scene.sync(&mut other);
        let (first, second) = (decide(&mut one), decide(&mut other));
        assert_ne!(first, second);

        // Its store is copied, and the copy joins anew: it must ask for numbers of its own.
        drop(one);
        scene.copy("one", "copy");
        // A backup does not hold the incarnation.
        std::fs::remove_file(scene.dir("copy").join("incarnation")).unwrap();
        let mut one = scene.open("one");
        let third = decide(&mut one);
        let mut copy = scene.open("copy");
        assert!(copy.is_copy());
        scene.join(&mut copy, "O0001").await;
        scene.sync(&mut copy);
        assert_eq!(copy.number_blocks().unwrap(), []);
        assert!(try_decide(&mut copy).is_err());
        copy.ask_for_numbers(None).unwrap();
        scene.sync(&mut copy);
        let fourth = decide(&mut copy);
        let all = std::collections::BTreeSet::from([first, second, third, fourth]);
        assert_eq!(all.len(), 4);
        scene.0.end().await;
    }

    async fn a_number_of_somebody_elses_block_is_told_on_the_case_and_on_the_block(store) {
        let scene = Scene::new(store).await;
        let mut owner = scene.phone("owner", "O0001").await;
        owner.ask_for_numbers(None).unwrap();
        scene.sync(&mut owner);
        let block = only(&owner);
        decide(&mut owner);
        scene.sync(&mut owner);
        let mut other = scene.phone("other", "O0002").await;
        scene.sync(&mut other);
        let record = case(&mut other);
        let id = block.record.to_string();
        let words = given(&[("form_no", &block.free[7]), ("form_block", &id)]);
        let edit = Doing::Edit {
            record,
            words,
            reason: None,
        };
        let step = Doing::Step {
            record,
            step: "on_spot_decided".to_owned(),
            note: None,
        };
        other.act(&[edit, step], None).unwrap();
        scene.sync(&mut other);
        let page = |record: &str| {
            let path = format!("/s/S00/records/{record}");
            get(scene.server.sync, &path, "Accept: text/html\r\nAccept-Language: en\r\n")
        };
        let of_case = page(&record.to_string());
        assert!(of_case.contains("does not note this number"), "{of_case}");
        let of_block = page(&id);
        assert!(of_block.contains("it does not note them"), "{of_block}");
        let honest = &only(&owner).used[0].1;
        assert!(!page(honest).contains("does not note"));
        scene.0.end().await;
    }

    async fn a_number_that_a_phone_and_its_twin_both_gave_away_is_marked_in_the_register(store) {
        let scene = Scene::new(store).await;
        let mut one = scene.phone("one", "O0001").await;
        one.ask_for_numbers(None).unwrap();
        scene.sync(&mut one);
        drop(one);
        scene.copy("one", "twin");
        let (mut one, mut twin) = (scene.open("one"), scene.open("twin"));
        let no = decide(&mut one);
        assert_eq!(decide(&mut twin), no, "neither can know of the other");
        scene.sync(&mut one);
        assert!(scene.try_sync(&mut twin).is_err());
        scene.join(&mut twin, "O0001").await;
        scene.sync(&mut twin);
        let rows = scene.register().await;
        let twice = format!("{no}(重号)");
        assert_eq!(text(&rows[0], "used"), format!("{twice}；{twice}"));
        assert_eq!(rows[0]["columns"]["used"]["conflict"], true);
        scene.0.end().await;
    }
}
