//! What must hold at every moment of a shift, and once everybody knows everything.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::Decode;
use sync_core::book::{self, PageFacts};
use sync_core::envelope::merkle::CompactRange;
use sync_core::envelope::{Act, Charter, Envelope};
use sync_core::fieldbook::rows::{self, ActRow, Fate as Told};
use sync_core::gate::{Code, Verdict};
use sync_core::ids::{ActId, Epoch, PersonId, RecordId};
use sync_core::record::canonical::Canonical;
use sync_core::record::view::View;

use super::Shift;
use super::phone::Phone;
use crate::kit::office::{Fate, Spoken};

impl Shift {
    /// The server judges some of what waits, and each verdict is what the charter demands.
    pub fn admit(&mut self, most: usize) {
        let tally = &mut self.tally;
        let forger = self.forger.map(|at| self.phones[at].device());
        let mut last: BTreeMap<_, Epoch> = BTreeMap::new();
        for logged in &self.office.log {
            last.insert(logged.entry.device, logged.envelope.body.epoch);
        }
        self.office.admit(most, |charter, spoken| {
            let body = &spoken.envelope.body;
            let before = last.insert(body.device, body.epoch);
            assert!(before <= Some(body.epoch), "epochs fell in a device log");
            match spoken.verdict {
                Verdict::Admitted if spoken.stranded => tally.rewritten += 1,
                Verdict::Admitted => tally.admitted += 1,
                Verdict::Held(_) => tally.held += 1,
            }
            demanded(charter, &spoken, forger == Some(body.device));
        });
    }

    /// The four words of a phone tell the truth, and what it says of an act never goes back.
    pub fn check_words(&mut self, at: usize) {
        if !std::mem::take(&mut self.phones[at].fresh) {
            return;
        }
        let phone = &self.phones[at];
        let known = phone.log_size();
        let acts = phone.acts();
        let count = |word: fn(&Told) -> bool| acts.values().filter(|row| word(&row.fate)).count();
        let status = phone.book.status();
        assert_eq!(status.saved, acts.len() as u64);
        assert_eq!(
            status.sent,
            count(|fate| *fate != Told::Saved) as u64,
            "phone {at}: sent"
        );
        assert_eq!(
            status.registered,
            count(|fate| matches!(fate, Told::Registered { .. })) as u64,
            "phone {at}: registered"
        );
        let tray = phone.tray();
        assert_eq!(status.held, tray.len() as u64, "phone {at}: held");
        for (n, row) in &acts {
            let id = phone.act(*n);
            let before = self.told[at].insert(*n, row.fate).unwrap_or(Told::Saved);
            let goes_on = match before {
                Told::Saved => true,
                Told::Sent => row.fate != Told::Saved,
                Told::Held => matches!(row.fate, Told::Held | Told::Registered { .. }),
                Told::Registered { .. } => row.fate == before,
            };
            assert!(goes_on, "act {id} was {before:?} and is {:?}", row.fate);
            let told = match self.office.fates.get(&id) {
                Some(Fate::Admitted { entry }) if known > *entry => {
                    Some(Told::Registered { entry: *entry })
                }
                Some(Fate::Rewritten { anew, .. }) if known > *anew => {
                    Some(Told::Registered { entry: *anew })
                }
                Some(Fate::Held { entry, .. } | Fate::Rewritten { entry, .. })
                    if known > *entry =>
                {
                    Some(Told::Held)
                }
                Some(_) | None => None,
            };
            match told {
                Some(told) => assert_eq!(row.fate, told, "act {id}, whose verdict is known"),
                None => assert!(
                    matches!(row.fate, Told::Saved | Told::Sent),
                    "act {id} is {:?} without a verdict",
                    row.fate
                ),
            }
            if row.fate == Told::Sent {
                let envelope = phone.envelope(row).unwrap();
                assert!(self.office.stored.contains(&envelope.hash()));
            }
        }
        for item in tray {
            let Some(Fate::Held { reason, .. } | Fate::Rewritten { reason, .. }) =
                self.office.fates.get(&item.act)
            else {
                panic!("act {} lies in the tray and was not held", item.act);
            };
            assert_eq!(item.code, reason.code.word());
        }
    }

    /// Everybody knows everything: nothing is lost, nothing is doubled, all show the same.
    pub fn check_settled(&mut self) {
        let official = self.official();
        let rebuilt = self.office.rebuilt();
        for (record, docket) in &self.office.records {
            let live = &docket.history;
            match rebuilt.get(record) {
                Some(again) => {
                    assert!(
                        format!("{live:?}") == format!("{:?}", again.history),
                        "{record}"
                    );
                }
                None => assert!(live.is_empty()),
            }
            if !live.is_empty() {
                let canonical = Canonical::of_view(&official[record]);
                assert_eq!(canonical, Canonical::of_document(live.raw()).unwrap());
            }
        }
        let placed = self.check_once(&official);
        for at in 0..self.phones.len() {
            self.check_kept(at, &placed);
            if self.is_granted(&self.phones[at]) {
                self.check_same(&self.phones[at], &official);
            }
        }
        let person = PersonId::new("O9999").unwrap();
        let late = self.join(&person, Some(&["officer"]));
        self.sync_fully(late);
        self.check_same(&self.phones[late], &official);
    }

    fn official(&self) -> BTreeMap<RecordId, View> {
        let records = self.office.records.iter();
        let records = records.filter(|(_, docket)| !docket.history.is_empty());
        records
            .map(|(record, docket)| (*record, View::of(&docket.history)))
            .collect()
    }

    /// An act stands at most once in a record. Gives where each act stands.
    fn check_once(
        &self,
        official: &BTreeMap<RecordId, View>,
    ) -> BTreeMap<ActId, BTreeSet<RecordId>> {
        let mut placed: BTreeMap<ActId, BTreeSet<RecordId>> = BTreeMap::new();
        for (record, view) in official {
            for change in &view.changes {
                let act = change.origin.act;
                let is_new = placed.entry(act).or_default().insert(*record);
                assert!(is_new, "act {act} stands twice in {record}");
                let fate = &self.office.fates[&act];
                assert!(
                    !matches!(fate, Fate::Held { .. }),
                    "{act} was held and stands"
                );
            }
        }
        placed
    }

    /// Every act that a phone ever saved is in the books, or held with a reason where its author
    /// finds it.
    fn check_kept(&self, at: usize, placed: &BTreeMap<ActId, BTreeSet<RecordId>>) {
        let phone = &self.phones[at];
        let tray = phone.tray();
        let acts = phone.acts();
        let again: BTreeSet<ActId> = acts
            .iter()
            .filter_map(|(n, row)| phone.content(*n, row).again)
            .collect();
        for (n, row) in &acts {
            let id = phone.act(*n);
            let content = phone.content(*n, row);
            let all: BTreeSet<RecordId> = content.parts.iter().map(|part| part.record).collect();
            let place = placed.get(&id);
            match self.office.fates.get(&id) {
                Some(Fate::Admitted { .. }) => assert_eq!(place, Some(&all), "act {id}"),
                Some(Fate::Rewritten { reason, .. }) => {
                    // What had no place left is told, and waits for its author.
                    if reason.code == Code::Partly && self.is_granted(phone) {
                        let mut told = tray.iter().filter(|item| item.act == id);
                        let is_told = told.any(|item| item.detail == reason.detail);
                        assert!(
                            is_told || again.contains(&id),
                            "of act {id} {reason} is lost"
                        );
                    }
                    for record in all.difference(place.unwrap()) {
                        let said = reason.detail.contains(&record.to_string());
                        // Or it says nothing that is not there already.
                        assert!(said || place.is_some(), "act {id}: {record} is lost");
                    }
                }
                Some(Fate::Held { .. }) => {
                    let is_told = tray.iter().any(|item| item.act == id);
                    let removed = !self.is_granted(phone);
                    assert!(
                        is_told || again.contains(&id) || removed,
                        "act {id} is lost"
                    );
                }
                None => panic!("act {id} of phone {at} never came to the server"),
            }
        }
    }

    fn check_same(&self, phone: &Phone, official: &BTreeMap<RecordId, View>) {
        assert_eq!(phone.log_size(), self.office.log.len() as u64);
        let records: Vec<RecordId> = official.keys().copied().collect();
        assert_eq!(phone.records(), records);
        let station = book::Station::new(&self.office.charter, phone.book.catalogue().unwrap());
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for (record, view) in official {
            let shown = phone.view(*record).unwrap();
            assert!(shown == *view, "{record}: {shown:#?} {view:#?}");
            here.extend(book::lines(&shown, &station));
            there.extend(book::lines(view, &station));
        }
        assert_eq!(here, there);
        let facts = PageFacts {
            offset: 480,
            as_of: self.office.now,
            ..PageFacts::default()
        };
        here.reverse();
        for book in station.catalogue().books.values() {
            let page = book::page(book, &here, &facts);
            assert_eq!(page, book::page(book, &there, &facts));
            assert_eq!(page.rows.len(), there.len());
        }
    }
}

/// Whether a verdict is the one that the charter of the day demands. Only who lost a right finds
/// an act held, or who forged it, or who wrote on what is held.
fn demanded(charter: &Charter, spoken: &Spoken<'_>, forged: bool) {
    let Spoken {
        envelope,
        act,
        verdict,
        stranded,
        rests_on_held,
    } = spoken;
    let device = envelope.body.device;
    let (then, now) = (
        charter.at(envelope.body.epoch).unwrap(),
        charter.now().unwrap(),
    );
    let person = &charter.ever(device).unwrap().person;
    let code = match verdict {
        Verdict::Held(held) => Some(held.code),
        Verdict::Admitted => None,
    };
    let active = now.member(person).is_some_and(|member| member.active);
    let mut roles = then.roles(person).iter();
    let lost = forged || roles.any(|role| !now.roles(person).contains(role));
    let fits = match (now.device(device).is_some(), active, rests_on_held) {
        (false, _, _) => code == Some(Code::DeviceRemoved),
        (true, false, _) => code == Some(Code::NotAMember),
        (true, true, true) if *stranded => {
            matches!(code, None | Some(Code::Stranded | Code::Forbidden))
        }
        // One part of it is forbidden, another rests on what is held.
        (true, true, true) => lost && code == Some(Code::Forbidden),
        (true, true, false) => code.is_none() || lost && code == Some(Code::Forbidden),
    };
    assert!(
        fits && *stranded <= *rests_on_held,
        "act {} of {device}: {verdict:?}, stranded {stranded}, rests on held {rests_on_held}, lost {lost}",
        act.n
    );
}

impl Phone {
    fn act(&self, n: u64) -> ActId {
        let device = self.device();
        ActId { device, n }
    }

    /// How much of the log it has followed.
    fn log_size(&self) -> u64 {
        #[derive(Decode)]
        #[cbor(map)]
        struct Seen {
            #[n(1)]
            range: CompactRange,
        }
        let seen = self.table.get(rows::SEEN);
        seen.map_or(0, |seen| {
            minicbor::decode::<Seen>(seen).unwrap().range.size()
        })
    }

    /// The envelope that an act was closed into.
    fn envelope(&self, row: &ActRow) -> Option<Envelope> {
        let seq = row.envelope?;
        let signed = self.table.get(&rows::envelope_key(self.device(), seq));
        let bytes = signed.or_else(|| self.table.get(&rows::unsigned_key(seq)));
        Some(Envelope::decode(bytes.unwrap()).unwrap())
    }

    /// What an act said, as the store keeps it.
    fn content(&self, n: u64, row: &ActRow) -> Act {
        if let Some(bytes) = &row.bytes {
            return minicbor::decode(bytes).unwrap();
        }
        let frame = self.envelope(row).unwrap().open().unwrap();
        let mut acts = frame.acts.into_iter().flatten();
        acts.find(|act| act.n == n).unwrap()
    }
}
