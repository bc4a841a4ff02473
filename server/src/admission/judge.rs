//! What becomes of each act of a batch: the work between reading and storing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sync_core::envelope::{Act, Envelope, HeldAct};
use sync_core::gate::desk::records_named;
use sync_core::gate::{Answers, Arrival, Code, Desk, Docket, Held, Judgement, Verdict};
use sync_core::ids::{ActId, DeviceId, PersonId, RecordId};

use super::anew::{self, Anew};
use super::load::Batch;
use super::project::{self, Projected};

/// One held act, as the held list shows it.
#[derive(Debug, Clone)]
pub struct HeldItem {
    /// Its place in its envelope; none: the envelope's frame cannot be opened.
    pub index: Option<u32>,
    pub act: u64,
    pub person: Option<PersonId>,
    pub reason: Held,
    pub at: i64,
    pub records: Vec<RecordId>,
    /// Its changes and the generations they were made in.
    pub changes: Vec<(RecordId, u32, Vec<u8>)>,
    /// The act that says it in the books: one of the server's, or its first.
    pub rewritten: Option<ActId>,
}

#[derive(Debug, Clone)]
pub struct Entered {
    pub envelope: Envelope,
    pub received_at: i64,
    pub held: Vec<HeldAct>,
    pub items: Vec<HeldItem>,
    pub whole: bool,
}

/// A batch, judged and ready to be stored.
#[derive(Debug)]
pub struct Judged {
    pub batch: Batch,
    pub entered: Vec<Entered>,
    pub records: BTreeMap<RecordId, Docket>,
    pub last_act: BTreeMap<DeviceId, u64>,
    pub answers: Answers,
    pub projected: Vec<Projected>,
    pub anew: Anew,
    /// When it was judged: the server's own words bear this time.
    pub now: i64,
}

/// How a batch is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// All envelopes on one desk, the records proved once at the end.
    Batch,
    /// Act by act, each envelope by itself: one that makes even that fail is held whole.
    EachAct,
}

/// Judges a batch; none if it must be judged with more care.
pub fn judge(mut batch: Batch, now: i64, care: Care) -> Option<Judged> {
    let found = Found::taken(&mut batch);
    let attempt = Attempt {
        batch: &batch,
        now,
        care,
    };
    let (entered, anew, found) = match care {
        Care::Batch => catch_unwind(AssertUnwindSafe(|| attempt.together(found))).ok()??,
        Care::EachAct => attempt.one_by_one(found),
    };
    let projected = project::touched(&batch, &found.records);
    Some(Judged {
        batch,
        entered,
        records: found.records,
        last_act: found.last_act,
        answers: found.answers,
        projected,
        anew,
        now,
    })
}

/// Holds every envelope of a batch whole, because it takes down whoever judges it.
pub fn hold(mut batch: Batch, now: i64) -> Judged {
    let found = Found::taken(&mut batch);
    let attempt = Attempt {
        batch: &batch,
        now,
        care: Care::EachAct,
    };
    let reason = Held::new(Code::TookServerDown, "the whole envelope");
    let mut desk = attempt.desk(found);
    let entered = (0..batch.envelopes.len())
        .map(|at| attempt.hold_whole(&mut desk, at, &reason))
        .collect();
    let found = Found::left(desk);
    Judged {
        entered,
        records: found.records,
        last_act: found.last_act,
        answers: found.answers,
        projected: Vec::new(),
        anew: Anew::default(),
        now,
        batch,
    }
}

type Records = BTreeMap<RecordId, Docket>;
type Done = (Vec<Entered>, Anew, Found);

/// What is on a desk before the first envelope, and after the last.
#[derive(Clone)]
struct Found {
    records: Records,
    last_act: BTreeMap<DeviceId, u64>,
    answers: Answers,
}

impl Found {
    fn taken(batch: &mut Batch) -> Found {
        Found {
            records: std::mem::take(&mut batch.around.records),
            last_act: std::mem::take(&mut batch.around.last_act),
            answers: std::mem::take(&mut batch.around.answers),
        }
    }

    fn left(desk: Desk<'_>) -> Found {
        Found {
            records: desk.records,
            last_act: desk.last_act,
            answers: desk.answers.unwrap_or_default(),
        }
    }
}

struct Attempt<'a> {
    batch: &'a Batch,
    now: i64,
    care: Care,
}

impl Attempt<'_> {
    fn desk(&self, found: Found) -> Desk<'_> {
        let batch = self.batch;
        let mut desk = Desk::new(
            &batch.station.id,
            &batch.holding.charter,
            &batch.holding.catalogues,
        );
        desk.records = found.records;
        desk.last_act = found.last_act;
        desk.answers = Some(found.answers);
        desk.prove_each = self.care == Care::EachAct;
        desk
    }

    /// All envelopes on one desk; none if a record would not load afterwards.
    fn together(&self, found: Found) -> Option<Done> {
        let mut desk = self.desk(found);
        let mut entered: Vec<Entered> = (0..self.batch.envelopes.len())
            .map(|at| self.judge_at(&mut desk, at))
            .collect();
        let anew = anew::write(self.batch, self.now, &mut desk, &mut entered);
        let is_sound = desk.prove().is_empty();
        is_sound.then(|| (entered, anew, Found::left(desk)))
    }

    /// Each envelope on a desk of its own, so that one that panics spoils no other.
    fn one_by_one(&self, mut found: Found) -> Done {
        let mut entered = Vec::new();
        for (at, waiting) in self.batch.envelopes.iter().enumerate() {
            let named = waiting
                .frame
                .as_ref()
                .map(records_named)
                .unwrap_or_default();
            let touched: Records = named
                .iter()
                .filter_map(|record| found.records.remove_entry(record))
                .collect();
            let before = Found {
                records: touched,
                last_act: found.last_act.clone(),
                answers: found.answers.clone(),
            };
            let mut desk = self.desk(before.clone());
            let one = catch_unwind(AssertUnwindSafe(|| self.judge_at(&mut desk, at)));
            let one = one.unwrap_or_else(|_| {
                let reason = Held::new(Code::WouldNotLoad, "the whole envelope");
                desk = self.desk(before);
                self.hold_whole(&mut desk, at, &reason)
            });
            entered.push(one);
            let mut left = Found::left(desk);
            found.records.append(&mut left.records);
            (found.last_act, found.answers) = (left.last_act, left.answers);
        }
        let before = found.clone();
        let mut desk = self.desk(found);
        let mut with_outcomes = entered.clone();
        let written = catch_unwind(AssertUnwindSafe(|| {
            anew::write(self.batch, self.now, &mut desk, &mut with_outcomes)
        }));
        match written {
            Ok(anew) => (with_outcomes, anew, Found::left(desk)),
            // What cannot be written anew stays held, and nobody else suffers.
            Err(_) => (entered, Anew::default(), before),
        }
    }

    fn judge_at(&self, desk: &mut Desk<'_>, at: usize) -> Entered {
        let waiting = &self.batch.envelopes[at];
        let arrival = Arrival {
            received_at: Some(waiting.received_at),
            entry: Some(self.batch.station.entries + at as u64),
            epoch_before: waiting.epoch_before,
        };
        let Some(frame) = &waiting.frame else {
            let reason = Held::new(Code::Malformed, "frame");
            return self.entered(
                at,
                Vec::new(),
                vec![self.item(at, None, None, &reason)],
                true,
            );
        };
        let Judgement {
            verdicts,
            held,
            whole,
        } = desk.judge(&waiting.envelope, frame, arrival);
        let items = verdicts
            .iter()
            .zip(&frame.acts)
            .enumerate()
            .filter_map(|(index, (verdict, act))| match verdict {
                Verdict::Held(reason) => {
                    Some(self.item(at, Some(index), act.as_ref().ok(), reason))
                }
                Verdict::Admitted => None,
            })
            .collect();
        self.entered(at, held, items, whole)
    }

    fn hold_whole(&self, desk: &mut Desk<'_>, at: usize, reason: &Held) -> Entered {
        let waiting = &self.batch.envelopes[at];
        let mut held = Vec::new();
        let mut items = Vec::new();
        if waiting.frame.is_none() {
            items.push(self.item(at, None, None, reason));
        }
        let acts = waiting.frame.iter().flat_map(|frame| &frame.acts);
        for (index, act) in acts.enumerate() {
            let act = act.as_ref().ok();
            if let Some(act) = act {
                let device = waiting.envelope.body.device;
                desk.set_aside(act, device);
                if reason.code != Code::TookServerDown
                    && let Some(named) = desk.named(act, device)
                {
                    desk.note(named, act, &Err(reason.clone()));
                }
            }
            held.push(HeldAct {
                index: index as u32,
                code: reason.code.word().to_owned(),
                leaves: act.and_then(|act| act.changes().ok()).unwrap_or_default(),
            });
            items.push(self.item(at, Some(index), act, reason));
        }
        self.entered(at, held, items, true)
    }

    fn entered(&self, at: usize, held: Vec<HeldAct>, items: Vec<HeldItem>, whole: bool) -> Entered {
        let waiting = &self.batch.envelopes[at];
        Entered {
            envelope: waiting.envelope.clone(),
            received_at: waiting.received_at,
            held,
            items,
            whole,
        }
    }

    fn item(&self, at: usize, index: Option<usize>, act: Option<&Act>, reason: &Held) -> HeldItem {
        let waiting = &self.batch.envelopes[at];
        let owner = self
            .batch
            .holding
            .charter
            .ever(waiting.envelope.body.device);
        let parts = act.map(|act| act.parts.as_slice()).unwrap_or_default();
        HeldItem {
            index: index.map(|index| index as u32),
            act: act.map_or(0, |act| act.n),
            person: owner.map(|grant| grant.person.clone()),
            reason: reason.clone(),
            at: act.map_or(waiting.envelope.body.made_at, |act| act.at),
            records: parts.iter().map(|part| part.record).collect(),
            changes: parts
                .iter()
                .map(|part| (part.record, part.g, part.change.clone()))
                .collect(),
            rewritten: None,
        }
    }
}
