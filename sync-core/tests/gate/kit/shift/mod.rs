//! A shift: real phones and the server's real parts, in an order that a seed decides. Messages
//! are lost, late and doubled, programs die, and the charter moves on.

mod counter;
mod laws;
mod mail;
mod moves;
pub mod phone;

use std::collections::BTreeMap;

use sync_core::fieldbook::rows::Fate;
use sync_core::fieldbook::{Asked, Deed, Input, Loaded, Refusal, Reply};
use sync_core::gate::Code;
use sync_core::ids::{ActId, PersonId, RecordId};
use sync_core::record::change::Scalar;
use sync_core::record::view::View;
use sync_core::record::write::{Edit, Refused, Spot};

use super::Rng;
use super::edits::{Planner, may_create, words};
use super::office::Office;
use super::station::editions;
use mail::Mail;
use phone::{Phone, Played};

/// How often things happened, so that a test can tell that it tested something.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub admitted: usize,
    pub held: usize,
    pub rewritten: usize,
    pub deaths: usize,
    pub again: usize,
    pub given: usize,
    pub epochs: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.admitted += other.admitted;
        self.held += other.held;
        self.rewritten += other.rewritten;
        self.deaths += other.deaths;
        self.again += other.again;
        self.given += other.given;
        self.epochs += other.epochs;
    }
}

pub struct Shift {
    pub rng: Rng,
    pub office: Office,
    pub phones: Vec<Phone>,
    pub tally: Tally,
    /// Chance in a thousand that a program dies at a step of its work.
    frailty: usize,
    mail: Vec<Mail>,
    /// The phone whose owner has forged its charter.
    pub forger: Option<usize>,
    /// What each phone last said of each of its acts.
    told: Vec<BTreeMap<u64, Fate>>,
}

impl Shift {
    pub fn new(seed: u64) -> Shift {
        let mut rng = Rng::new(seed);
        let frailty = *rng.pick(&[0, 10, 40]);
        let mut shift = Shift::with(rng);
        if shift.rng.chance(50) {
            shift.forger = Some(2);
        }
        shift.frailty = frailty;
        for phone in &mut shift.phones {
            phone.frailty = frailty;
        }
        shift
    }

    /// Three officers of whom the second is a leader, and nothing happens by itself.
    pub fn calm() -> Shift {
        Shift::with(Rng::new(0))
    }

    fn with(rng: Rng) -> Shift {
        let station = super::station();
        let [first, _, _] = editions();
        let key = sync_core::envelope::SoftKey::from_secret(&[200; 32]).unwrap();
        let mut shift = Shift {
            office: Office::new(&station.id, key, first),
            rng,
            phones: Vec::new(),
            tally: Tally::default(),
            frailty: 0,
            mail: Vec::new(),
            forger: None,
            told: Vec::new(),
        };
        let roles: [&[&str]; 3] = [&["officer"], &["officer", "leader"], &["officer"]];
        for (at, roles) in roles.iter().enumerate() {
            let person = PersonId::new(&format!("O{:04}", at + 1)).unwrap();
            shift.join(&person, Some(roles));
        }
        shift
    }

    pub fn run(&mut self, days: usize, rounds: usize) {
        for _ in 0..days {
            self.day(rounds);
            self.evening();
        }
    }

    /// Most phones come to know the log, and trays are emptied: the next day rests on that.
    fn evening(&mut self) {
        for phone in 0..self.phones.len() {
            if self.rng.chance(70) {
                self.sync_fully(phone);
            }
        }
        if self.rng.chance(60) {
            self.restore_rights();
        }
        for phone in 0..self.phones.len() {
            self.sync_fully(phone);
            self.submit_again(phone);
        }
    }

    /// Now the officers have signal, now they have none and only each other.
    fn day(&mut self, rounds: usize) {
        for phone in 0..self.phones.len() {
            if self.rng.chance(70) {
                self.forge_charter(phone);
            }
        }
        let mut signal = true;
        for _ in 0..rounds {
            let phone = self.rng.below(self.phones.len());
            match self.rng.below(24) {
                0..10 => self.write(phone),
                10 => self.submit_again(phone),
                11..14 => {
                    let other = self.rng.below(self.phones.len());
                    self.meet(phone, other);
                }
                14 => self.deliver_late(),
                15 => self.phones[phone].restart(),
                16 => self.forge_charter(phone),
                17 => self.change_charter(),
                18 if signal => signal = self.rng.chance(50),
                18 | 19 if !signal => signal = self.rng.chance(30),
                _ if !signal => self.write(phone),
                19 | 20 => {
                    let most = 1 + self.rng.below(6);
                    self.admit(most);
                }
                _ => self.sync(phone),
            }
            for phone in 0..self.phones.len() {
                self.check_words(phone);
            }
        }
    }

    /// Everything under way arrives or is lost, and all come to know the whole log.
    pub fn settle(&mut self) {
        self.frailty = 0;
        for phone in &mut self.phones {
            phone.frailty = 0;
        }
        while !self.mail.is_empty() {
            self.deliver_late();
        }
        for _ in 0..4 {
            for phone in 0..self.phones.len() {
                self.sync_fully(phone);
            }
            self.admit(usize::MAX);
        }
        assert_eq!(self.office.waits(), 0);
        self.tally.epochs = self.office.deltas.len();
    }

    fn play(&mut self, phone: usize, input: Input) -> Played {
        let played = self.phones[phone].play(&mut self.rng, input);
        if matches!(played, Played::Died) {
            self.tally.deaths += 1;
        }
        assert_eq!(self.phones[phone].book.alarm(), None);
        played
    }

    fn write(&mut self, phone: usize) {
        let mut deeds = Vec::new();
        for _ in 0..if self.rng.chance(20) { 2 } else { 1 } {
            let touched = |record| {
                deeds
                    .iter()
                    .any(|deed| matches!(deed, Deed::Change { record: r, .. } if *r == record))
            };
            let known = self.phones[phone].records();
            let known = known
                .into_iter()
                .filter(|record| !touched(*record))
                .collect();
            deeds.extend(self.deed(phone, known));
        }
        if !deeds.is_empty() {
            self.record(phone, deeds, None);
        }
    }

    fn deed(&mut self, at: usize, known: Vec<RecordId>) -> Option<Deed> {
        let phone = &self.phones[at];
        let roles = phone.book.roles();
        let catalogue = phone.book.catalogue().unwrap();
        let fresh = known.is_empty() || known.len() < 4 && self.rng.chance(12);
        let record = (!fresh).then(|| *self.rng.pick(&known));
        let view: Option<View> = record.map(|record| phone.view(record).unwrap());
        let kind = match &view {
            Some(view) => &catalogue.kinds[&view.kind],
            None => &catalogue.kinds[*self.rng.pick(&["site", "site", "note"])],
        };
        if view.is_none() && !may_create(kind, &roles) {
            return None;
        }
        let planner = Planner {
            roles: &roles,
            rng: &mut self.rng,
            kind,
            person: &phone.person,
            view: view.as_ref(),
            mischief: 3,
        };
        let mut edits = planner.plan().edits;
        let forges = self.forger == Some(at) && self.rng.chance(50);
        let is_settled = |view: &View| {
            let verdict = view.fields.get("verdict");
            verdict.is_none_or(|slot| slot.values.len() < 2)
        };
        if forges && kind.name == "site" && view.as_ref().is_none_or(is_settled) {
            let spot = Spot::Field("verdict".into());
            let value = Scalar::Str(words(&mut self.rng));
            edits.retain(|edit| !matches!(edit, Edit::Set { spot: other, .. } if *other == spot));
            edits.push(Edit::Set { spot, value });
        }
        match record {
            Some(record) if !edits.is_empty() => Some(Deed::Change { record, edits }),
            Some(_) => None,
            None => Some(Deed::Create {
                kind: kind.name.clone(),
                external_id: None,
                edits,
            }),
        }
    }

    /// What a phone refuses to save, it refuses for the person's reasons: never because it
    /// cannot stand on what it shows itself.
    pub fn record(&mut self, phone: usize, act: Vec<Deed>, again: Option<ActId>) {
        let said = format!("{act:?}");
        match self.play(phone, Input::Record { act, again }) {
            Played::Replies(replies) => {
                assert!(matches!(replies.as_slice(), [Reply::Saved { .. }]));
                self.tally.again += usize::from(again.is_some());
            }
            Played::Died => {}
            Played::Refused(refusal) => {
                let is_the_persons = match &refusal {
                    Refusal::Gate(held) => matches!(
                        held.code,
                        Code::Forbidden | Code::ServerOnly | Code::NotAMember | Code::DeviceRemoved
                    ),
                    Refusal::Write(Refused::Nothing | Refused::NoConflict(_)) => true,
                    // What was held is said again of a record that has moved on.
                    Refusal::Write(_) | Refusal::UnknownField { .. } => again.is_some(),
                    Refusal::NoRecord(_) => again.is_some(),
                    Refusal::StepNotFromHere { .. } | Refusal::NothingToDo => true,
                    _ => false,
                };
                assert!(is_the_persons, "{refusal:?}: {said}");
            }
        }
    }

    /// The officer takes something out of the tray and says it again.
    fn submit_again(&mut self, phone: usize) {
        let tray = self.phones[phone].tray();
        if tray.is_empty() {
            return;
        }
        let act = self.rng.pick(&tray).act;
        let mut loaded = Loaded::new();
        let deeds = loop {
            match self.phones[phone].book.again(&loaded, act) {
                Ok(Asked::Done(deeds)) => break deeds,
                Ok(Asked::More(needs)) => self.phones[phone].read(&mut loaded, &needs),
                Err(Refusal::CannotRepeat(_)) => return,
                Err(refusal) => panic!("{refusal}"),
            }
        };
        self.record(phone, deeds, Some(act));
    }
}
