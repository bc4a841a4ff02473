//! A phone: the real state machine over a table that survives what the program does not.

use std::collections::{BTreeMap, VecDeque};

use sync_core::envelope::SoftKey;
use sync_core::fieldbook::rows::{self, ActRow};
use sync_core::fieldbook::{
    Asked, Effects, Fieldbook, Handled, HeldItem, Input, Loaded, Needs, Now, Refusal, Reply, Write,
};
use sync_core::ids::{DeviceId, PersonId, RecordId};
use sync_core::record::view::View;

use crate::kit::Rng;

pub struct Phone {
    pub key: SoftKey,
    pub person: PersonId,
    pub table: BTreeMap<String, Vec<u8>>,
    pub book: Fieldbook,
    wall: i64,
    boot: u64,
    /// Chance in a thousand that the program dies at a step of its work.
    pub frailty: usize,
    /// Its table has changed since somebody looked.
    pub fresh: bool,
}

/// What came of an input.
#[derive(Debug)]
pub enum Played {
    Replies(Vec<Reply>),
    Refused(Refusal),
    /// The program died somewhere on the way and was started again.
    Died,
}

impl Phone {
    pub fn new(key: SoftKey, person: PersonId, wall: i64) -> Phone {
        let table = BTreeMap::new();
        Phone {
            book: open(&table),
            key,
            person,
            table,
            wall,
            boot: 1,
            frailty: 0,
            fresh: true,
        }
    }

    pub fn device(&self) -> DeviceId {
        self.key.device()
    }

    /// What is not in the table is gone.
    pub fn restart(&mut self) {
        self.boot += 1;
        self.fresh = true;
        self.book = open(&self.table);
    }

    /// Handles an input and everything that follows from it, unless the program dies.
    pub fn play(&mut self, rng: &mut Rng, input: Input) -> Played {
        let mut inputs = VecDeque::from([input]);
        let mut replies = Vec::new();
        while let Some(input) = inputs.pop_front() {
            let effects = match self.handle(input) {
                Ok(effects) => effects,
                Err(refusal) => return Played::Refused(refusal),
            };
            if self.dies(rng) {
                return Played::Died;
            }
            self.commit(&effects);
            if self.dies(rng) {
                return Played::Died;
            }
            self.book.adopt(&effects);
            inputs.extend(effects.sign.iter().map(|request| Input::Signed {
                ticket: request.ticket,
                sig: self.key.sign(&request.bytes),
            }));
            replies.extend(effects.replies);
            inputs.extend(effects.again);
        }
        Played::Replies(replies)
    }

    fn dies(&mut self, rng: &mut Rng) -> bool {
        let dies = rng.below(1_000) < self.frailty;
        if dies {
            self.restart();
        }
        dies
    }

    fn handle(&mut self, input: Input) -> Result<Effects, Refusal> {
        self.wall += 17_000;
        let now = Now {
            wall: self.wall,
            mono: self.wall as u64 % 1_000_000_000,
            boot: self.boot,
        };
        let mut loaded = Loaded::new();
        read(&self.table, &mut loaded, &self.book.needs(&input));
        for _ in 0..50 {
            match self.book.handle(now, [0; 32], &loaded, input.clone())? {
                Handled::Done(effects) => return Ok(effects),
                Handled::More(needs) => read(&self.table, &mut loaded, &needs),
            }
        }
        panic!("it never has enough");
    }

    fn commit(&mut self, effects: &Effects) {
        self.fresh = true;
        for write in &effects.writes {
            match write {
                Write::Put { key, value } => self.table.insert(key.clone(), value.clone()),
                Write::Delete { key } => self.table.remove(key),
            };
        }
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

    pub fn read(&self, loaded: &mut Loaded, needs: &Needs) {
        read(&self.table, loaded, needs);
    }

    pub fn view(&self, record: RecordId) -> Option<View> {
        let shown = self.query(|book, loaded| book.show(loaded, record));
        shown.map(|shown| shown.view)
    }

    pub fn tray(&self) -> Vec<HeldItem> {
        self.query(|book, loaded| book.tray(loaded))
    }

    /// The records of its list.
    pub fn records(&self) -> Vec<RecordId> {
        let rows = self.query(|book, loaded| book.list(loaded));
        rows.into_iter().map(|row| row.record).collect()
    }

    /// All acts that were ever saved here, as the store keeps them.
    pub fn acts(&self) -> BTreeMap<u64, ActRow> {
        let acts = 1..=self.book.status().saved;
        let row = |n| minicbor::decode(&self.table[&rows::act_key(n)]).unwrap();
        acts.map(|n| (n, row(n))).collect()
    }
}

fn open(table: &BTreeMap<String, Vec<u8>>) -> Fieldbook {
    let mut loaded = Loaded::new();
    read(table, &mut loaded, &Fieldbook::first_needs());
    Fieldbook::open(&loaded).unwrap()
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
