//! An envelope that takes whoever judges it down: it is held, and everybody else's go on.

use std::fs;

use sync_core::envelope::{Outcome, Statement};
use wardbook::admission::Trial;
use wardbook::http::Limits;
use wardbook::intake::{Delivery, Intake, Report};
use wardbook::{read_tx, rebuild, verify};

use crate::http::Server;
use crate::on_both_engines;
use crate::phone::Phone;
use crate::store::TestStore;

/// Stands in for the process that judges: notes how it was started, and ends as it is told, once
/// for each line.
const PROCESS: &str = r#"
echo "$@" >> "$0.log"
[ "$(sed -n "$(wc -l < "$0.log")p" "$0.ends")" = down ] && kill -KILL $$
exit 0
"#;

struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new(ends: &[&str]) -> Stage {
        let folder = tempfile::TempDir::new().unwrap();
        fs::write(folder.path().join("judge"), PROCESS).unwrap();
        fs::write(folder.path().join("judge.ends"), ends.join("\n") + "\n").unwrap();
        Stage { folder }
    }

    fn trial(&self) -> Trial {
        Trial {
            program: "/bin/sh".into(),
            arguments: vec![self.folder.path().join("judge").into()],
        }
    }

    /// How many envelopes each process was given.
    fn given(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("judge.log")).unwrap_or_default();
        let last = |line: &str| line.rsplit(' ').next().unwrap().to_owned();
        log.lines().map(last).collect()
    }
}

/// Three phones whose envelopes wait, because no server judges them.
async fn waiting(store: &TestStore) -> Vec<Phone> {
    let station = store.station("S00").await;
    let server = Server::start(store, Limits::default()).await;
    let mut phones = Vec::new();
    for secret in 1..=3 {
        let person = format!("O{secret:04}");
        let code = store.code(&station, &person, "stationed_officer").await;
        let mut phone = Phone::new(secret);
        phone.join(server.sync, &code);
        phones.push(phone);
    }
    server.stop().await;
    let intake = Intake::start(store.db.clone(), store.clock.clone());
    for phone in &mut phones {
        let (_, act) = phone.case("占道经营");
        let envelope = phone.close(&[act]);
        let bytes = envelope.to_bytes();
        let delivery = Delivery {
            station: station.clone(),
            bearer: phone.device(),
            envelopes: vec![(envelope, bytes)],
            report: Report {
                clock_offset_ms: 0,
                seen_index: 0,
            },
        };
        assert_eq!(intake.take(delivery).await.unwrap().stored.len(), 1);
    }
    phones
}

/// Waits until each phone's envelope has its entry, and tells what each phone reads of its own.
fn read(phones: &mut [Phone], server: std::net::SocketAddr) -> Vec<(bool, bool)> {
    let mut outcomes = Vec::new();
    for phone in phones {
        let hash = phone.closed[0].hash();
        while !phone.entries.iter().any(|entry| entry.envelope == hash) {
            phone.catch_up(server);
        }
        let whole = phone.outcome(&phone.closed[0].clone()).whole;
        let verdict = phone.statements().into_iter().any(|said| {
            matches!(said, Statement::Verdict(verdict) if verdict.envelope == hash
                && verdict.code == "took_server_down" && verdict.outcome == Outcome::Held)
        });
        outcomes.push((whole, verdict));
    }
    outcomes
}

on_both_engines! {
    async fn what_takes_its_judge_down_twice_is_held_whole_and_the_rest_goes_on(store) {
        let mut phones = waiting(&store).await;
        // All together, the first, the second, the second again, then only to hold it, the third.
        let stage = Stage::new(&["down", "fine", "down", "down", "fine", "fine"]);
        let server = Server::start_with(&store, stage.trial()).await;
        let outcomes = read(&mut phones, server.sync);
        assert_eq!(outcomes, [(false, false), (true, true), (false, false)]);
        assert_eq!(stage.given(), ["64", "1", "1", "1", "1", "1"]);
        let held = phones[1].outcome(&phones[1].closed[0].clone()).held.clone();
        assert_eq!((held.len(), held[0].code.as_str()), (1, "took_server_down"));
        // What comes later is judged here at once.
        let (_, act) = phones[2].case("又一案");
        let later = phones[2].close(&[act]);
        phones[2].sync(server.sync, std::slice::from_ref(&later));
        phones[2].catch_up(server.sync);
        assert!(phones[2].outcome(&later).held.is_empty());
        assert_eq!(stage.given().len(), 6);
        server.stop().await;

        let station = phones[0].station.clone();
        read_tx!(store.db, "check", async |tx| {
            rebuild::check(tx, &station).await?;
            verify::verify(tx, &station).await.map(drop)
        })
        .await
        .unwrap();
        // And it is never tried again.
        let stage = Stage::new(&["down"]);
        let server = Server::start_with(&store, stage.trial()).await;
        phones[0].catch_up(server.sync);
        assert!(stage.given().is_empty());
        server.stop().await;
    }

    async fn what_cannot_even_be_opened_is_held_unopened(store) {
        let mut phones = waiting(&store).await;
        let stage = Stage::new(&["down", "down", "down", "down", "fine", "fine"]);
        let server = Server::start_with(&store, stage.trial()).await;
        let outcomes = read(&mut phones, server.sync);
        assert_eq!(outcomes, [(true, true), (false, false), (false, false)]);
        assert!(phones[0].outcome(&phones[0].closed[0].clone()).held.is_empty());
        let station = phones[0].station.clone();
        read_tx!(store.db, "check", async |tx| {
            rebuild::check(tx, &station).await?;
            verify::verify(tx, &station).await.map(drop)
        })
        .await
        .unwrap();
        server.stop().await;
    }

    async fn one_death_convicts_nobody(store) {
        let mut phones = waiting(&store).await;
        let stage = Stage::new(&["down", "down", "fine", "fine", "fine"]);
        let server = Server::start_with(&store, stage.trial()).await;
        let outcomes = read(&mut phones, server.sync);
        assert_eq!(outcomes, [(false, false); 3]);
        server.stop().await;
    }
}
