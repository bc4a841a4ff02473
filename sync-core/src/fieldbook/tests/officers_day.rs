//! The workload of tests/data/officers-day: phones play their days without signal.

use std::path::Path;

use serde_json::Value;

use super::phone::Phone;
use super::server::Server;
use crate::catalogue::{Catalogue, Sources};
use crate::envelope::{Act, Part};
use crate::fieldbook::import::{self, Line};
use crate::fieldbook::*;
use crate::ids::{Hash, RecordId};
use crate::record::export;
use crate::record::write::{self, Birth, Pen};

fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/officers-day")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(data().join(name)).unwrap()
}

fn catalogue() -> Catalogue {
    let mut sources = Sources::new();
    let folder = data().join("catalogue");
    for place in ["", "kinds", "books", "codes"] {
        let Ok(files) = std::fs::read_dir(folder.join(place)) else {
            continue;
        };
        for file in files.map(|file| file.unwrap().path()) {
            if file.is_file() {
                let name = file.file_name().unwrap().to_str().unwrap();
                let path = Path::new(place).join(name);
                let text = std::fs::read_to_string(&file).unwrap();
                sources.insert(path.to_str().unwrap().to_owned(), text);
            }
        }
    }
    Catalogue::load(&sources).unwrap()
}

/// The station's stock: whole records, written by the server.
fn stock(server: &mut Server, catalogue: &Catalogue) {
    let mut acts = Vec::new();
    for line in text("base-group-000.jsonl").lines() {
        let body: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        let (kind, id) = (body["kind"].as_str().unwrap(), body["id"].as_str().unwrap());
        let kind = &catalogue.kinds[kind];
        let create = Line::Create {
            id: id.to_owned(),
            kind: kind.name.clone(),
            body: body.clone(),
        };
        let n = server.next_own_act();
        let device = server.key.device();
        let record = RecordId::derive(&server.station, device, n);
        let pen = Pen {
            station: &server.station,
            device,
            g: 0,
            person: &crate::ids::PersonId::server(),
            at: server.now,
        };
        let birth = Birth {
            kind,
            external_id: Some(id),
        };
        let edits = import::edits(&create, kind).unwrap();
        let change = write::create(record, birth, &edits, &pen).unwrap();
        let made = Some(n);
        acts.push(Act {
            n,
            at: server.now,
            mono: 0,
            parts: vec![Part {
                record,
                g: 0,
                change,
                made,
            }],
            again: None,
            on_behalf: None,
        });
    }
    server.state(acts, vec![]);
}

fn play(phone: &mut Phone, name: &str) {
    let file = text(name);
    let hash = Hash::of(file.as_bytes());
    for step in import::steps(&file) {
        let input = Input::Line {
            file: hash,
            line: step.line,
            text: step.text.to_owned(),
            then: step.then.map(str::to_owned),
        };
        phone.play(input).unwrap();
    }
}

/// What the phone that wrote a record shows in the end: its lines put together.
fn expected(name: &str) -> std::collections::BTreeMap<String, Value> {
    let mut bodies = std::collections::BTreeMap::new();
    for line in text(name).lines() {
        match Line::read(line).unwrap() {
            Line::Create { id, body, .. } => {
                bodies.insert(id, Value::Object(body));
            }
            Line::Append { id, field, items } => {
                if let Some(body) = bodies.get_mut(&id) {
                    body[&field].as_array_mut().unwrap().extend(items);
                }
            }
            Line::Set { .. } | Line::Insert { .. } => {}
        }
    }
    bodies
}

#[test]
fn two_phones_play_their_days_and_everything_comes_back_although_one_never_meets_the_server() {
    let catalogue = catalogue();
    let mut server = Server::new(catalogue.clone());
    stock(&mut server, &catalogue);
    let mut phones: Vec<Phone> = (1..=2)
        .map(|n| Phone::join(&mut server, n, &["stationed_officer"]))
        .collect();
    for phone in &mut phones {
        phone.sync(&mut server);
    }
    for (i, phone) in phones.iter_mut().enumerate() {
        play(phone, &format!("device-{i:03}.jsonl"));
        assert_eq!(phone.book.status().saved, 152);
    }
    // The second hands over to the first and stays away.
    let [first, second] = phones.as_mut_slice() else {
        unreachable!()
    };
    let offer = super::message(first.play(Input::Offer).unwrap());
    let answer = super::message(second.play(Input::AnswerOffer(offer)).unwrap());
    first.play(Input::Absorb(answer)).unwrap();
    for phone in &mut phones[..1] {
        let synced = phone.sync(&mut server);
        assert_eq!((synced.sent, synced.registered, synced.held), (152, 152, 0));
    }
    let lines: Vec<serde_json::Map<String, Value>> = server
        .records
        .keys()
        .map(|record| {
            let view = server.view(*record);
            let kind = catalogue.kinds.get(&view.kind);
            export::line(&view, kind)
        })
        .collect();
    let body = |id: &str| {
        let line = lines.iter().find(|line| line["id"] == id);
        line.unwrap_or_else(|| panic!("{id} is missing"))["body"].clone()
    };
    for i in 0..2 {
        let name = format!("device-{i:03}.jsonl");
        for (id, whole) in expected(&name) {
            assert_eq!(body(&id), whole, "{id}");
        }
        for line in text(&name).lines() {
            match Line::read(line).unwrap() {
                Line::Insert { id, text, .. } => {
                    assert!(
                        body(&id)["text"].as_str().unwrap().contains(&text),
                        "{text}"
                    );
                }
                Line::Append { id, field, items } if field == "log" => {
                    let log = body(&id);
                    assert!(log["log"].as_array().unwrap().contains(&items[0]));
                }
                Line::Create { .. } | Line::Append { .. } | Line::Set { .. } => {}
            }
        }
    }
    for phone in &mut phones[..1] {
        phone.sync(&mut server);
        for record in server.records.keys() {
            phone.agrees(&server, *record);
        }
    }
    play(&mut phones[0], "device-000.jsonl");
    assert_eq!(phones[0].book.status().saved, 152);
}
