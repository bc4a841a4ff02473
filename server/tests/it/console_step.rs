//! A step that no phone may take, taken at the station: by whom it may, once the record is ready.

use std::path::PathBuf;

use ffi::form::Given;
use ffi::http::Client;
use ffi::{Clock, Doing, Phone, SyncWish};
use serde_json::Value;
use sync_core::fieldbook::Refusal;
use sync_core::ids::{PersonId, RecordId, StationId};
use tempfile::TempDir;
use wardbook::console_step::{self, Wanted};
use wardbook::error::{Error, Result};
use wardbook::export::{self, RecordFormat};
use wardbook::hand::Hand;
use wardbook::http::Limits;
use wardbook::messages::Language;
use wardbook::officer::{ChangedAt, Officer};
use wardbook::{args, charter, read_tx, rebuild, sql, verify, write_tx};

use crate::cli::Operator;
use crate::http::Server;
use crate::on_both_engines;
use crate::store::TestStore;

const OFFICER: &str = "O0001";
const SECOND: &str = "O0002";
const LEADER: &str = "L0001";

struct Scene {
    store: TestStore,
    server: Server,
    station: StationId,
    officer: Phone,
    leader: Phone,
    _folder: TempDir,
}

impl Scene {
    async fn new(store: TestStore) -> Scene {
        let station = store.station("S00").await;
        for (person, role) in [
            (OFFICER, "stationed_officer"),
            (SECOND, "stationed_officer"),
            (LEADER, "squad_leader"),
        ] {
            member(&store, &station, person, role).await;
        }
        let server = Server::start(&store, Limits::default()).await;
        let folder = TempDir::new().unwrap();
        let phone = async |person: &str| {
            let mut phone = open(folder.path().join(person));
            let role = if person == LEADER {
                "squad_leader"
            } else {
                "stationed_officer"
            };
            let code = store.code(&station, person, role).await;
            let client = client(&server);
            phone.join(&client, &code, None, person).unwrap();
            phone
        };
        Scene {
            officer: phone(OFFICER).await,
            leader: phone(LEADER).await,
            store,
            server,
            station,
            _folder: folder,
        }
    }

    /// A case of the ordinary procedure whose decision is drafted.
    fn drafted(&mut self) -> RecordId {
        let (officer, leader, client) = (&mut self.officer, &mut self.leader, client(&self.server));
        let saved = officer.record(Doing::Create {
            kind: "case".to_owned(),
            external_id: None,
            words: words(&[
                "source=patrol",
                "cause=随意倾倒建筑垃圾",
                "offence_at=2026-05-11 14:05",
                "place=锦华苑10号楼",
                "party=锦恒公司",
                "party_kind=organisation",
                "procedure=ordinary",
                &format!("handlers={OFFICER}"),
                &format!("handlers={SECOND}"),
            ]),
            steps: vec!["lead".to_owned()],
        });
        let record = saved.unwrap().records[0];
        step(officer, record, "filing_review");
        sync(officer, &client);
        sync(leader, &client);
        step(leader, record, "filed");
        sync(leader, &client);
        sync(officer, &client);
        step(officer, record, "investigating");
        step(officer, record, "draft_decision");
        sync(officer, &client);
        record
    }

    fn told(&mut self) {
        sync(&mut self.officer, &client(&self.server));
    }

    async fn take(&self, record: RecordId, wanted: &Wanted, by: &str) -> Result<String> {
        let by = PersonId::new(by).unwrap();
        let store = &self.store;
        let hand = Hand {
            data: &store.data,
            clock: &store.clock,
            by: Some(&by),
        };
        write_tx!(store.db, "test", async |tx| {
            console_step::take(tx, &hand, &self.station, record, wanted).await
        })
        .await
    }

    async fn find(&self, given: &str) -> Result<RecordId> {
        read_tx!(self.store.db, "test", async |tx| {
            console_step::find(tx, &self.station, given).await
        })
        .await
    }

    async fn exported(&self) -> Value {
        let mut records = Vec::new();
        read_tx!(self.store.db, "test", async |tx| {
            records.clear();
            export::records(tx, &self.station, RecordFormat::Jsonl, false, &mut records).await
        })
        .await
        .unwrap();
        serde_json::from_slice(&records).unwrap()
    }
}

async fn member(store: &TestStore, station: &StationId, person: &str, role: &str) {
    let officer = Officer {
        person: PersonId::new(person).unwrap(),
        name: person.to_owned(),
        post: String::new(),
        certificate: format!("执法{person}号"),
        valid_from: None,
        valid_until: None,
        roles: vec![role.to_owned()],
        phone: String::new(),
        removed_at: None,
        changed: ChangedAt::default(),
    };
    write_tx!(store.db, "test", async |tx| {
        officer.add(tx, station, &store.clock).await?;
        charter::issue(tx, station, None, &store.data, &store.clock).await
    })
    .await
    .unwrap();
}

fn open(folder: PathBuf) -> Phone {
    Phone::open(&folder, Clock::default()).unwrap()
}

fn client(server: &Server) -> Client {
    Client::new(&format!("http://{}", server.sync)).unwrap()
}

fn words(words: &[&str]) -> Vec<Given> {
    let given = words.iter().map(|word| Given::split(word).unwrap());
    given.collect()
}

fn write(phone: &mut Phone, record: RecordId, word: &str) {
    let doing = Doing::Edit {
        record,
        words: words(&[word]),
        reason: None,
    };
    phone.record(doing).unwrap();
}

fn step(phone: &mut Phone, record: RecordId, step: &str) {
    let doing = Doing::Step {
        record,
        step: step.to_owned(),
        note: None,
    };
    phone.record(doing).unwrap();
}

fn sync(phone: &mut Phone, client: &Client) {
    let wish = SyncWish {
        wait_registered: true,
        wait_ms: Some(10_000),
    };
    phone.sync(client, wish).unwrap();
}

fn wanted(step: &str) -> Wanted {
    Wanted {
        step: step.to_owned(),
        note: Some("决定书已盖章".to_owned()),
        values: Vec::new(),
    }
}

fn with(step: &str, field: &str, value: &str) -> Wanted {
    Wanted {
        values: vec![(field.to_owned(), value.to_owned())],
        ..wanted(step)
    }
}

on_both_engines! {
    async fn a_decision_is_taken_at_the_station_and_its_officer_goes_on_from_it(store) {
        let mut scene = Scene::new(store).await;
        let record = scene.drafted();
        step(&mut scene.officer, record, "notice_served");
        scene.told();
        let decided = with("已决定", "published_on", "2026-05-12");
        assert_eq!(scene.take(record, &decided, LEADER).await.unwrap(), "decided");

        scene.told();
        step(&mut scene.officer, record, "served");
        scene.told();
        let case = scene.exported().await;
        assert_eq!(case["state"], "served");
        assert_eq!(case["body"]["published_on"], "2026-05-12");
        let steps = case["steps"].as_array().unwrap();
        let taken = steps.iter().find(|step| step["to"] == "decided").unwrap();
        assert_eq!((&taken["by"], &taken["note"]), (&LEADER.into(), &"决定书已盖章".into()));

        read_tx!(scene.store.db, "test", async |tx| {
            rebuild::check(tx, &scene.station).await?;
            verify::verify(tx, &scene.station).await
        })
        .await
        .unwrap();
        scene.server.stop().await;
    }

    async fn nobody_takes_it_who_may_not_nor_before_the_record_is_ready(store) {
        let mut scene = Scene::new(store).await;
        let record = scene.drafted();
        let early = scene.take(record, &wanted("decided"), LEADER).await;
        assert!(
            matches!(&early, Err(Error::Refused(Refusal::StepNotFromHere { .. }))),
            "{early:?}"
        );
        write(&mut scene.officer, record, "review_needed=true");
        step(&mut scene.officer, record, "notice_served");
        scene.told();

        // What law demands is said in the words of the catalogue.
        let unreviewed = scene.take(record, &wanted("decided"), LEADER).await.unwrap_err();
        let said = unreviewed.terminal_line(Language::Zh);
        assert!(said.contains("本案须先经法制审核"), "{said}");
        step(&mut scene.officer, record, "legal_review");
        scene.told();

        let by_officer = scene.take(record, &wanted("decided"), OFFICER).await;
        let said = by_officer.unwrap_err().to_string();
        assert!(said.contains("O0001 may not do this") && said.contains("forbidden: decided"), "{said}");
        let stranger = scene.take(record, &wanted("decided"), "O0077").await;
        assert!(matches!(stranger, Err(Error::OfficerUnknown { .. })), "{stranger:?}");
        // The gate's rules hold for what is filled in, too.
        let foreign = scene.take(record, &with("decided", "remark", "x"), LEADER).await;
        assert!(foreign.unwrap_err().to_string().contains("forbidden: remark"));
        for (field, value, why) in [
            ("published_on", "tomorrow", "published_on"),
            ("no_such", "x", "no field no_such"),
            ("penalties", "x", "written on a phone"),
        ] {
            let unfit = scene.take(record, &with("decided", field, value), LEADER).await;
            let said = unfit.unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
        let on_phones = scene.take(record, &wanted("no_penalty"), LEADER).await;
        let said = on_phones.unwrap_err().to_string();
        assert!(said.contains("fieldbook step") && said.contains("no_penalty"), "{said}");
        let unknown = scene.take(record, &wanted("decidedd"), LEADER).await;
        assert!(matches!(unknown, Err(Error::Refused(Refusal::UnknownStep { .. }))), "{unknown:?}");
        let nowhere = scene.take(RecordId([7; 16]), &wanted("decided"), LEADER).await;
        assert!(matches!(nowhere, Err(Error::RecordUnknown(_))), "{nowhere:?}");

        assert_eq!(scene.exported().await["state"], "legal_review", "nothing came of all that");
        scene.take(record, &wanted("decided"), LEADER).await.unwrap();
        let again = scene.take(record, &wanted("decided"), LEADER).await;
        assert!(
            matches!(&again, Err(Error::Refused(Refusal::StepNotFromHere { .. }))),
            "{again:?}"
        );
        scene.server.stop().await;
    }

    async fn a_record_goes_by_its_number_and_by_the_beginning_of_its_id(store) {
        let mut scene = Scene::new(store).await;
        let record = scene.drafted();
        let number: String = read_tx!(scene.store.db, "test", async |tx| {
            let key = args![&scene.station, &record];
            tx.fetch_all(sql!("number_of_record"), key).await?[0].get("text")
        })
        .await
        .unwrap();
        let id = record.to_string();
        let dashed = format!("{}-{}", &id[..8].to_uppercase(), &id[8..12]);
        for given in [number.as_str(), &id, &id[..4], &dashed] {
            assert_eq!(scene.find(given).await.unwrap(), record, "{given}");
        }
        for given in ["", &id[..3], "ffff", &number[..3], "%", &format!("{id}0")] {
            let none = scene.find(given).await;
            assert!(matches!(none, Err(Error::RecordNotFound { .. })), "{given}: {none:?}");
        }
        scene.server.stop().await;
    }
}

#[test]
fn the_command_says_which_record_it_does_not_find() {
    let operator = Operator::with_station();
    let line = operator.fails(&[
        "step",
        "abcd1234",
        "decided",
        "--station",
        "S00",
        "--by",
        LEADER,
    ]);
    assert!(
        line.contains("no record of station S00 goes by abcd1234"),
        "{line}"
    );
}
