//! The running program is killed a hundred times while phones deliver: nothing is lost and
//! nothing happens twice.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::cli::{Operator, serve};
use crate::phone::{Answer, Phone};
use crate::store::block_on;

const ROUNDS: u64 = 100;
const PHONES: u8 = 3;

/// Where the server is now; phones that find nobody look again.
#[derive(Clone, Default)]
struct Signpost {
    address: Arc<Mutex<Option<SocketAddr>>>,
    delivered: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

/// Writes and delivers until told to stop, and then until everything has its receipt.
fn work(mut phone: Phone, signpost: &Signpost) -> Phone {
    let mut receipted = 0;
    loop {
        let stopping = signpost.stop.load(Ordering::SeqCst);
        if receipted == phone.closed.len() {
            if stopping {
                return phone;
            }
            let name = format!("{}-{}", phone.person, phone.closed.len());
            let (record, act) = phone.case(&name);
            let change = act.parts[0].change.clone();
            let lead = sync_core::record::write::Edit::Step {
                to: "lead".to_owned(),
                note: None,
            };
            let step = phone.edit(record, &[change], &[lead]);
            phone.close(&[act, step]);
        }
        let Some(server) = *signpost.address.lock().unwrap() else {
            std::thread::yield_now();
            continue;
        };
        let mut request = phone.request(&phone.closed[receipted..]);
        // Some leave before admission, some wait for it.
        request.wait_ms = Some(if phone.closed.len().is_multiple_of(2) {
            0
        } else {
            250
        });
        match phone.try_ask(server, request) {
            Some(Answer::Fine(answer)) => {
                let receipt = answer.receipt.as_ref().unwrap();
                assert!(answer.need.is_empty());
                receipted += receipt.message.stored.len();
                phone.adopt(&answer);
                signpost.delivered.fetch_add(1, Ordering::SeqCst);
            }
            // The database says that it is busy or gone: whoever has no receipt comes again.
            Some(Answer::Problem(status, problem)) => assert!(status >= 500, "{problem}"),
            None => std::thread::yield_now(),
        }
    }
}

fn a_hundred_kills(operator: &Operator) {
    let (running, address) = serve(operator);
    let phones: Vec<Phone> = (1..=PHONES)
        .map(|secret| {
            let officer = format!("O{secret}");
            let invite = ["invite", "--station", "S00", "--officer", &officer];
            let out = operator.done(&invite);
            let mut phone = Phone::new(secret);
            phone.join(address.parse().unwrap(), out.lines().next().unwrap());
            phone
        })
        .collect();
    drop(running);

    let signpost = Signpost::default();
    let threads: Vec<_> = phones
        .into_iter()
        .map(|phone| {
            let signpost = signpost.clone();
            std::thread::spawn(move || work(phone, &signpost))
        })
        .collect();
    for round in 0..ROUNDS {
        let (running, address) = serve(operator);
        let before = signpost.delivered.load(Ordering::SeqCst);
        *signpost.address.lock().unwrap() = Some(address.parse().unwrap());
        while signpost.delivered.load(Ordering::SeqCst) == before {
            std::thread::yield_now();
        }
        // Each time a little later in whatever is going on.
        std::thread::sleep(Duration::from_micros(round * 397 % 20_000));
        *signpost.address.lock().unwrap() = None;
        // Dropping it is SIGKILL.
        drop(running);
    }
    let (running, address) = serve(operator);
    let server = address.parse().unwrap();
    *signpost.address.lock().unwrap() = Some(server);
    signpost.stop.store(true, Ordering::SeqCst);
    let mut phones: Vec<Phone> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();

    let mut written = BTreeSet::new();
    for phone in &mut phones {
        let device = phone.device();
        let last = phone.closed.last().cloned();
        while !phone
            .entries
            .iter()
            .any(|entry| Some(entry.envelope) == last.as_ref().map(|e| e.hash()))
        {
            phone.catch_up(server);
        }
        let own: Vec<_> = phone
            .entries
            .iter()
            .filter(|entry| entry.device == device)
            .map(|entry| (entry.envelope, entry.held.len()))
            .collect();
        let closed: Vec<_> = phone
            .closed
            .iter()
            .map(|closed| (closed.hash(), 0))
            .collect();
        assert_eq!(own, closed, "every envelope has one entry, in its order");
        written.extend((0..closed.len()).map(|n| format!("{}-{n}", phone.person)));
    }
    drop(running);

    let out = operator.done(&["export", "records", "--station", "S00", "--format", "jsonl"]);
    let exported: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ids: BTreeSet<String> = exported
        .iter()
        .map(|record| record["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(exported.len(), written.len(), "nothing twice");
    assert_eq!(ids, written, "nothing lost");
    operator.done(&["rebuild", "--check"]);
    operator.done(&["verify"]);
}

#[test]
fn a_server_killed_a_hundred_times_loses_and_repeats_nothing_on_sqlite() {
    a_hundred_kills(&Operator::with_station());
}

#[test]
fn a_server_killed_a_hundred_times_loses_and_repeats_nothing_on_postgres() {
    let Some((operator, store)) = Operator::on_postgres() else {
        return;
    };
    a_hundred_kills(&operator);
    block_on(async { store.db.close().await });
}
