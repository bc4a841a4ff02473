//! Copies of one phone's store that all go on: what they had not sent is in the books, once.

use std::collections::BTreeMap;

use sync_core::envelope::{DeviceGrant, Member, SoftKey};
use sync_core::fieldbook::{Deed, Input, Reply};
use sync_core::gate::Code;
use sync_core::ids::{DeviceId, PersonId, RecordId};
use sync_core::record::canonical::Canonical;
use sync_core::record::change::Scalar;
use sync_core::record::view::View;
use sync_core::record::write::{Edit, Spot};

use crate::kit::office::{Fate, Office};
use crate::kit::shift::phone::{Phone, Played};
use crate::kit::station::editions;
use crate::kit::{Rng, station};

/// One officer whose phone is copied, and the server.
struct Story {
    rng: Rng,
    office: Office,
    phones: Vec<Phone>,
    /// Every word that was written, once.
    words: usize,
}

#[test]
fn what_copies_of_one_store_had_not_sent_is_in_the_books_once() {
    let (mut doubled, mut moved, mut rewritten) = (0, 0, 0);
    for seed in 0..48 {
        let story = Story::told(seed);
        let held = story.office.fates.values().filter_map(|fate| match fate {
            Fate::Rewritten { reason, .. } => Some(reason.code),
            Fate::Admitted { .. } | Fate::Held { .. } => None,
        });
        for code in held {
            match code {
                Code::SaidAlready => doubled += 1,
                _ => rewritten += 1,
            }
        }
        moved += story.office.moved.len();
    }
    // Both orders, new records among them, and what rests on them.
    assert!(doubled > 60, "{doubled} said again");
    assert!(moved > 20, "{moved} records made twice");
    assert!(
        rewritten > 20,
        "{rewritten} written on what was said before"
    );
}

impl Story {
    fn told(seed: u64) -> Story {
        let [edition, _, _] = editions();
        let key = SoftKey::from_secret(&[200; 32]).unwrap();
        let mut story = Story {
            rng: Rng::new(seed),
            office: Office::new(&station().id, key, edition),
            phones: Vec::new(),
            words: 0,
        };
        let wall = story.office.now;
        let person = PersonId::new("O0001").unwrap();
        let key = SoftKey::from_secret(&[1; 32]).unwrap();
        story.phones.push(Phone::new(key, person, wall));
        story.enrol(0, false);
        story.write_some(0);
        if story.rng.chance(50) {
            story.exchange(0);
            story.office.admit(usize::MAX, |_, _| {});
            story.exchange(0);
        }
        story.write_some(0);
        if story.rng.chance(40) {
            // It arrived, and no answer came.
            story.request(0);
        }
        story.copy_and_go_on();
        story.settle();
        story.check(seed);
        story
    }

    fn copy_and_go_on(&mut self) {
        let copies = 2 + self.rng.below(2);
        let first = self.phones.remove(0);
        for copy in 0..copies {
            let key = SoftKey::from_secret(&[copy as u8 + 2; 32]).unwrap();
            let wall = self.office.now + self.rng.below(100_000) as i64;
            let mut phone = Phone::new(key, first.person.clone(), wall);
            phone.table = first.table.clone();
            phone.restart();
            self.phones.push(phone);
            self.enrol(copy, true);
        }
        for _ in 0..30 {
            let phone = self.rng.below(copies);
            match self.rng.below(8) {
                0 | 1 => self.write_some(phone),
                2 => self.phones[phone].restart(),
                3 => {
                    let most = 1 + self.rng.below(3);
                    self.office.admit(most, |_, _| {});
                }
                _ => self.exchange(phone),
            }
        }
    }

    fn enrol(&mut self, at: usize, anew: bool) {
        let (code, person) = (self.office.code(), self.phones[at].person.clone());
        let key = self.phones[at].key.public();
        let input = Input::Join {
            code,
            station: None,
            name: "一号".into(),
            sign_key: key.clone(),
            agree_key: key,
            anew,
        };
        let [Reply::JoinRequest(body)] = &self.play(at, input)[..] else {
            panic!("it cannot ask to join");
        };
        let answer = self.office.join(body, |office, request| {
            let mut delta = office.next_epoch();
            delta.devices.push(DeviceGrant {
                device: DeviceId::of_key(&request.sign_key),
                person: person.clone(),
                sign_key: request.sign_key.clone(),
                agree_key: request.agree_key.clone(),
                removed: false,
            });
            let now = office.charter.now().unwrap();
            let ended = request.replaces.filter(|old| now.device(*old).is_some());
            delta.removed_devices.extend(ended);
            delta.members.push(Member {
                person: person.clone(),
                name: "队员".into(),
                post: "队员".into(),
                roles: vec!["officer".into()],
                active: true,
                certificate: None,
                certificate_until: None,
            });
            office.change(delta);
        });
        self.play(at, Input::Joined(answer));
    }

    fn play(&mut self, at: usize, input: Input) -> Vec<Reply> {
        match self.phones[at].play(&mut self.rng, input) {
            Played::Replies(replies) => replies,
            other => panic!("{other:?}"),
        }
    }

    fn request(&mut self, at: usize) -> Option<Vec<u8>> {
        let input = Input::NextRequest {
            limit: None,
            wait_ms: None,
        };
        let replies = self.play(at, input);
        let request = replies.into_iter().find_map(|reply| match reply {
            Reply::Request(bytes) => Some(bytes),
            _ => None,
        });
        self.office.sync(&mut self.rng, &request.unwrap())
    }

    fn exchange(&mut self, at: usize) {
        if let Some(answer) = self.request(at) {
            self.play(at, Input::Answer(answer));
            assert_eq!(self.phones[at].book.alarm(), None);
        }
    }

    fn settle(&mut self) {
        for _ in 0..60 {
            for at in 0..self.phones.len() {
                self.exchange(at);
            }
            self.office.admit(usize::MAX, |_, _| {});
        }
        assert_eq!(self.office.waits(), 0);
    }

    fn write_some(&mut self, at: usize) {
        for _ in 0..1 + self.rng.below(3) {
            let known = self.phones[at].records();
            let word = |story: &mut Story| {
                story.words += 1;
                Scalar::Str(format!("w{}", story.words))
            };
            let deed = match known.is_empty() || self.rng.chance(40) {
                true => Deed::Create {
                    kind: "site".into(),
                    external_id: None,
                    edits: vec![
                        Edit::Set {
                            spot: Spot::Field("title".into()),
                            value: word(self),
                        },
                        Edit::AddRow {
                            field: "lines".into(),
                            cells: vec![("text".into(), word(self))],
                        },
                    ],
                },
                false => {
                    let record = *self.rng.pick(&known);
                    Deed::Change {
                        record,
                        edits: vec![self.edit(at, record, word)],
                    }
                }
            };
            let (act, again) = (vec![deed], None);
            self.play(at, Input::Record { act, again });
        }
    }

    fn edit(&mut self, at: usize, record: RecordId, word: impl Fn(&mut Story) -> Scalar) -> Edit {
        let view = self.phones[at].view(record).unwrap();
        let bare = view
            .rows
            .iter()
            .find(|(_, row)| !row.cells.contains_key("mood"));
        match (self.rng.below(3), bare) {
            (0, Some((row, _))) => Edit::Set {
                spot: Spot::Cell {
                    row: row.clone(),
                    cell: "mood".into(),
                },
                value: word(self),
            },
            (1, _) => Edit::Add {
                field: "tags".into(),
                value: word(self),
            },
            (_, _) => Edit::AddRow {
                field: "lines".into(),
                cells: vec![("text".into(), word(self))],
            },
        }
    }

    fn check(&self, seed: u64) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for docket in self.office.records.values() {
            for word in words_of(&View::of(&docket.history)) {
                *counts.entry(word).or_default() += 1;
            }
        }
        for n in 1..=self.words {
            let count = counts.get(&format!("w{n}")).copied().unwrap_or(0);
            assert_eq!(count, 1, "seed {seed}: w{n} stands {count} times");
        }
        let rebuilt = self.office.rebuilt();
        for (record, docket) in &rebuilt {
            let live = &self.office.records[record];
            assert_eq!(
                Canonical::of_view(&View::of(&docket.history)),
                Canonical::of_view(&View::of(&live.history)),
                "seed {seed}"
            );
        }
        for (at, phone) in self.phones.iter().enumerate() {
            let tray: Vec<_> = phone.tray().into_iter().map(|held| held.code).collect();
            assert!(tray.is_empty(), "seed {seed}: phone {at} holds {tray:?}");
            let status = phone.book.status();
            assert_eq!(status.registered, status.saved, "seed {seed}: phone {at}");
            for (record, docket) in &self.office.records {
                let here = phone.view(*record).map(|view| words_of(&view));
                let there = words_of(&View::of(&docket.history));
                let here = here.unwrap_or_default();
                assert_eq!(here, there, "seed {seed}: phone {at}, record {record}");
            }
        }
    }
}

fn words_of(view: &View) -> Vec<String> {
    let fields = view.fields.values();
    let cells = view.rows.values().flat_map(|row| row.cells.values());
    let values = fields.chain(cells).flat_map(|slot| &slot.values);
    let words = values.filter_map(|written| written.value.as_str());
    let mut words: Vec<String> = words
        .filter(|word| word.starts_with('w'))
        .map(str::to_owned)
        .collect();
    words.sort();
    words
}
