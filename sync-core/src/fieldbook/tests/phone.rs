//! A host with its table in memory, which does all the contract asks.

use std::collections::BTreeMap;

use super::server::Server;
use crate::envelope::SoftKey;
use crate::fieldbook::*;
use crate::ids::{ActId, PersonId, RecordId};
use crate::record::canonical::Canonical;
use crate::record::change::Scalar;
use crate::record::view::View;
use crate::record::write::{Edit, Spot};

pub struct Phone {
    pub table: BTreeMap<String, Vec<u8>>,
    pub book: Fieldbook,
    pub key: SoftKey,
    pub person: PersonId,
    pub wall: i64,
}

impl Phone {
    /// A phone that has joined and knows the log so far.
    pub fn join(server: &mut Server, n: u8, roles: &[&str]) -> Phone {
        let key = SoftKey::from_secret(&[n; 32]).unwrap();
        let person = PersonId::new(&format!("O{n:04}")).unwrap();
        let table = BTreeMap::new();
        let mut phone = Phone {
            book: open(&table).unwrap(),
            table,
            person,
            wall: 1_778_490_000_000,
            key,
        };
        phone.enrol(server, roles, false);
        phone.sync(server);
        phone
    }

    /// The same store in another place, with another key.
    pub fn copy(&self, n: u8) -> Phone {
        Phone {
            table: self.table.clone(),
            book: open(&self.table).unwrap(),
            key: SoftKey::from_secret(&[n; 32]).unwrap(),
            person: self.person.clone(),
            wall: self.wall,
        }
    }

    pub fn ask_to_join(&mut self, anew: bool) -> Vec<u8> {
        let input = Input::Join {
            code: Server::code(),
            station: None,
            name: "一号".into(),
            sign_key: self.key.public(),
            agree_key: self.key.public(),
            anew,
        };
        let replies = self.play(input).unwrap();
        let [Reply::JoinRequest(body)] = replies.as_slice() else {
            panic!("{replies:?}")
        };
        body.clone()
    }

    /// The answer was lost: the same code and key are asked with again.
    pub fn enrol_again(&mut self, server: &mut Server) {
        let body = self.ask_to_join(true);
        let answer = server.join_again(&body);
        self.play(Input::Joined(answer)).unwrap();
    }

    pub fn enrol(&mut self, server: &mut Server, roles: &[&str], anew: bool) {
        let body = self.ask_to_join(anew);
        let answer = server.join(&self.person.clone(), roles, &body);
        self.play(Input::Joined(answer)).unwrap();
    }

    /// Starts the program again on the same table.
    pub fn restart(&mut self) {
        self.book = open(&self.table).unwrap();
    }

    /// Handles an input and everything that follows from it.
    pub fn play(&mut self, input: Input) -> Result<Vec<Reply>, Refusal> {
        let mut inputs = std::collections::VecDeque::from([input]);
        let mut replies = Vec::new();
        while let Some(input) = inputs.pop_front() {
            let effects = self.try_one(input)?;
            self.commit(&effects);
            self.book.adopt(&effects);
            inputs.extend(effects.sign.iter().map(|request| Input::Signed {
                ticket: request.ticket,
                sig: self.key.sign(&request.bytes),
            }));
            replies.extend(effects.replies);
            inputs.extend(effects.again);
        }
        Ok(replies)
    }

    pub fn try_one(&mut self, input: Input) -> Result<Effects, Refusal> {
        self.wall += 60_000;
        let now = Now {
            wall: self.wall,
            mono: self.wall as u64 % 1_000_000_000,
            boot: 1,
        };
        let mut loaded = Loaded::new();
        read(&self.table, &mut loaded, &self.book.needs(&input));
        for _ in 0..20 {
            match self.book.handle(now, [0; 32], &loaded, input.clone())? {
                Handled::Done(effects) => return Ok(effects),
                Handled::More(needs) => read(&self.table, &mut loaded, &needs),
            }
        }
        panic!("it never has enough");
    }

    pub fn commit(&mut self, effects: &Effects) {
        for write in &effects.writes {
            match write {
                Write::Put { key, value } => self.table.insert(key.clone(), value.clone()),
                Write::Delete { key } => self.table.remove(key),
            };
        }
    }

    pub fn request(&mut self) -> Vec<u8> {
        let replies = self
            .play(Input::NextRequest {
                limit: None,
                wait_ms: None,
            })
            .unwrap();
        let request = replies.into_iter().find_map(|reply| match reply {
            Reply::Request(bytes) => Some(bytes),
            _ => None,
        });
        request.unwrap()
    }

    /// Syncs until neither side has more.
    pub fn sync(&mut self, server: &mut Server) -> Synced {
        let mut all = Synced::default();
        for _ in 0..100 {
            let answer = server.sync(&self.request());
            let replies = self.play(Input::Answer(answer)).unwrap();
            let Some(Reply::Synced(synced)) = replies.first() else {
                panic!("{replies:?}")
            };
            all.sent += synced.sent;
            all.received += synced.received;
            all.registered += synced.registered;
            all.held += synced.held;
            if !synced.more {
                return all;
            }
        }
        panic!("it never ends");
    }

    pub fn act(&mut self, act: Vec<Deed>) -> Result<(ActId, Vec<RecordId>), Refusal> {
        let replies = self.play(Input::Record { act, again: None })?;
        match replies.as_slice() {
            [Reply::Saved { act, records }] => Ok((*act, records.clone())),
            other => panic!("{other:?}"),
        }
    }

    pub fn new_case(&mut self) -> RecordId {
        let edits = vec![
            set("source", "patrol"),
            set("cause", "占道经营"),
            at("offence_at", self.wall),
            set("place", "锦华苑3号楼"),
            step("lead"),
        ];
        let create = Deed::Create {
            kind: "case".into(),
            external_id: None,
            edits,
        };
        self.act(vec![create]).unwrap().1[0]
    }

    pub fn change(&mut self, record: RecordId, edits: Vec<Edit>) -> Result<ActId, Refusal> {
        Ok(self.act(vec![Deed::Change { record, edits }])?.0)
    }

    pub fn query<T>(&self, ask: impl Fn(&Fieldbook, &Loaded) -> Result<Asked<T>, Refusal>) -> T {
        let mut loaded = Loaded::new();
        loop {
            match ask(&self.book, &loaded).unwrap() {
                Asked::Done(done) => return done,
                Asked::More(needs) => read(&self.table, &mut loaded, &needs),
            }
        }
    }

    pub fn show(&self, record: RecordId) -> RecordView {
        self.query(|book, loaded| book.show(loaded, record))
            .unwrap()
    }

    pub fn view(&self, record: RecordId) -> View {
        self.show(record).view
    }

    pub fn tray(&self) -> Vec<HeldItem> {
        self.query(|book, loaded| book.tray(loaded))
    }

    pub fn list(&self) -> Vec<IndexRow> {
        self.query(|book, loaded| book.list(loaded))
    }

    pub fn agrees(&self, server: &Server, record: RecordId) {
        assert_eq!(
            Canonical::of_view(&self.view(record)),
            Canonical::of_view(&server.view(record))
        );
    }
}

pub fn open(table: &BTreeMap<String, Vec<u8>>) -> Result<Fieldbook, OpenError> {
    let mut loaded = Loaded::new();
    read(table, &mut loaded, &Fieldbook::first_needs());
    Fieldbook::open(&loaded)
}

fn read(table: &BTreeMap<String, Vec<u8>>, loaded: &mut Loaded, needs: &Needs) {
    for key in &needs.keys {
        match table.get(key) {
            Some(value) => loaded.insert(key.as_str(), value.clone()),
            None => loaded.said_absent(key.as_str()),
        }
    }
    for prefix in &needs.prefixes {
        let found = table.range(prefix.clone()..);
        for (key, value) in found.take_while(|(key, _)| key.starts_with(prefix.as_str())) {
            loaded.insert(key.as_str(), value.clone());
        }
        loaded.said_prefix(prefix.as_str());
    }
}

pub fn set(field: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: Scalar::Str(value.into()),
    }
}

pub fn at(field: &str, ms: i64) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: Scalar::Int(ms),
    }
}

pub fn step(to: &str) -> Edit {
    Edit::Step {
        to: to.into(),
        note: None,
    }
}

pub fn log_row(text: &str) -> Edit {
    Edit::AddRow {
        field: "log".into(),
        cells: vec![("text".into(), Scalar::Str(text.into()))],
    }
}
