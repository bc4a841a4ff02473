//! What becomes of each act of a batch: the work between reading and storing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sync_core::envelope::{Act, Envelope, HeldAct};
use sync_core::gate::{Arrival, Code, Desk, Docket, Held, Judgement, Verdict};
use sync_core::ids::{DeviceId, PersonId, RecordId};

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
}

#[derive(Debug)]
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
    pub projected: Vec<Projected>,
}

/// Judges a batch as a whole; where the merged records would not load, act by act; and an
/// envelope that makes even that fail is held whole.
pub fn judge(mut batch: Batch) -> Judged {
    let records = std::mem::take(&mut batch.records);
    let mut attempt = Attempt { batch: &batch, suspicious: false };
    let first = catch_unwind(AssertUnwindSafe(|| attempt.run(records.clone())));
    let (entered, records, last_act) = match first {
        Ok(Some(done)) => done,
        Ok(None) | Err(_) => {
            attempt.suspicious = true;
            attempt.one_by_one(records)
        }
    };
    let projected = project::touched(&batch, &records);
    Judged { batch, entered, records, last_act, projected }
}

type Done = (Vec<Entered>, BTreeMap<RecordId, Docket>, BTreeMap<DeviceId, u64>);

struct Attempt<'a> {
    batch: &'a Batch,
    suspicious: bool,
}

impl Attempt<'_> {
    fn desk(&self, records: BTreeMap<RecordId, Docket>) -> Desk<'_> {
        let batch = self.batch;
        let mut desk = Desk::new(&batch.station.id, &batch.charter, &batch.catalogues);
        desk.records = records;
        desk.last_act = batch.last_act.clone();
        desk.prove_each = self.suspicious;
        desk
    }

    /// All envelopes on one desk; none if a record would not load afterwards.
    fn run(&self, records: BTreeMap<RecordId, Docket>) -> Option<Done> {
        let mut desk = self.desk(records);
        let entered = (0..self.batch.envelopes.len()).map(|at| self.judge_at(&mut desk, at)).collect();
        desk.prove().is_empty().then_some((entered, desk.records, desk.last_act))
    }

    /// Each envelope on a desk of its own, so that one that panics spoils no other.
    fn one_by_one(&self, mut records: BTreeMap<RecordId, Docket>) -> Done {
        let mut last_act = self.batch.last_act.clone();
        let mut entered = Vec::new();
        for at in 0..self.batch.envelopes.len() {
            let mut desk = self.desk(records.clone());
            desk.last_act = last_act.clone();
            let judged = catch_unwind(AssertUnwindSafe(|| self.judge_at(&mut desk, at)));
            match judged {
                Ok(one) => {
                    (records, last_act) = (desk.records, desk.last_act);
                    entered.push(one);
                }
                Err(_) => {
                    let reason = Held::new(Code::WouldNotLoad, "the whole envelope");
                    entered.push(self.hold_whole(&mut records, at, &reason));
                }
            }
        }
        (entered, records, last_act)
    }

    fn judge_at(&self, desk: &mut Desk<'_>, at: usize) -> Entered {
        let waiting = &self.batch.envelopes[at];
        let arrival = Arrival {
            received_at: Some(waiting.received_at),
            entry: Some(self.batch.station.entries + at as u64),
        };
        let Some(frame) = &waiting.frame else {
            let reason = Held::new(Code::Malformed, "frame");
            return self.entered(at, Vec::new(), vec![self.item(at, None, None, &reason)], true);
        };
        let Judgement { verdicts, held, whole } = desk.judge(&waiting.envelope, frame, arrival);
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

    fn hold_whole(
        &self,
        records: &mut BTreeMap<RecordId, Docket>,
        at: usize,
        reason: &Held,
    ) -> Entered {
        let waiting = &self.batch.envelopes[at];
        let mut desk = self.desk(std::mem::take(records));
        let mut held = Vec::new();
        let mut items = Vec::new();
        for (index, act) in waiting.frame.iter().flat_map(|frame| frame.acts.iter().enumerate()) {
            let leaves = act.as_ref().ok().and_then(|act| act.changes().ok()).unwrap_or_default();
            if let Ok(act) = act {
                desk.set_aside(act, waiting.envelope.body.device);
            }
            held.push(HeldAct { index: index as u32, code: reason.code.word().to_owned(), leaves });
            items.push(self.item(at, Some(index), act.as_ref().ok(), reason));
        }
        *records = desk.records;
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
        let owner = self.batch.charter.ever(waiting.envelope.body.device);
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
        }
    }
}
