//! One record, its author and a colleague: a stage for one story.

use super::*;

/// An officer's phone (0), a colleague's (1), a record both know, and the author's private copy
/// in which held acts stand too.
pub struct Case {
    pub court: Court,
    pub record: RecordId,
    /// What the author's phone shows: everything it wrote.
    pub own: History,
    pub n: u64,
}

impl Case {
    pub fn new() -> Case {
        let mut world = World::of(&[1, 2]);
        let (station, device, person) = (world.station, world.device(0), world.person(0));
        let record = RecordId::derive(&station.id, device, 1);
        let birth = Birth {
            kind: station.kind("site"),
            external_id: None,
        };
        let pen = Pen {
            station: &station.id,
            device,
            g: 0,
            person,
            at: world.clock,
        };
        let edits = [set("title", "甲"), splice(0, 0, "今日例会")];
        let change = write::create(record, birth, &edits, &pen).unwrap();
        let part = Part {
            record,
            g: 0,
            change: change.clone(),
            made: Some(1),
        };
        let act = Act {
            n: 1,
            at: world.clock,
            mono: 0,
            parts: vec![part],
            again: None,
            on_behalf: None,
        };
        world.adopt(0, act);
        world.settle();
        let own = copy(&world.desk.records[&record].history);
        Case {
            court: Court::new(world),
            record,
            own,
            n: 1,
        }
    }

    /// The author's next act, on all that the author's own phone shows.
    pub fn act(&mut self, edits: &[Edit]) -> Act {
        let world = &self.court.world;
        self.n += 1;
        let pen = Pen {
            station: &world.station.id,
            device: world.device(0),
            g: 0,
            person: world.person(0),
            at: world.clock,
        };
        let kind = world.station.kind("site");
        let change = write::change(&self.own, Some(kind), edits, &pen).unwrap();
        let origin = self.own.changes()[0].origin.clone();
        let decoded = Decoded::strict(&change).unwrap();
        self.own.push(decoded, change.clone(), origin).unwrap();
        let part = Part {
            record: self.record,
            g: 0,
            change,
            made: None,
        };
        Act {
            n: self.n,
            at: world.clock,
            mono: 0,
            parts: vec![part],
            again: None,
            on_behalf: None,
        }
    }

    /// An act that the gate holds: beside its edits it writes what only a leader may.
    pub fn held(&mut self, edits: &[Edit]) {
        let edits: Vec<Edit> = [set("verdict", "准")]
            .into_iter()
            .chain(edits.iter().cloned())
            .collect();
        let act = self.act(&edits);
        assert_eq!(self.judge(0, &act), Some(Code::Forbidden));
        self.note(&act);
    }

    pub fn note(&mut self, act: &Act) {
        let id = ActId {
            device: self.court.world.device(0),
            n: act.n,
        };
        self.court.note_held(act, id);
    }

    pub fn judge(&mut self, phone: usize, act: &Act) -> Option<Code> {
        let mut envelope = self.court.world.envelope(phone, &[]);
        let frame = Frame::of(vec![act.clone()], vec![]);
        envelope.body.change_root = frame.change_root().unwrap();
        let judged = self
            .court
            .world
            .desk
            .judge(&envelope, &frame, Arrival::default());
        match &judged.verdicts[0] {
            Verdict::Held(held) => Some(held.code),
            Verdict::Admitted => None,
        }
    }

    /// A stranded act and what the server makes of it; entered if it makes something.
    pub fn stranded(&mut self, edits: &[Edit]) -> Outcome {
        let act = self.act(edits);
        assert_eq!(self.judge(0, &act), Some(Code::Stranded));
        let outcome = self.court.outcome(0, &act);
        self.note(&act);
        if let Outcome::Rewritten(rewritten) = &outcome {
            let behalf = &rewritten.on_behalf;
            assert_eq!(behalf.person, *self.court.world.person(0));
            assert_eq!(behalf.original.as_ref().unwrap().act.n, act.n);
            self.court.enter(&act, rewritten);
        }
        outcome
    }

    /// What the colleague writes meanwhile, knowing only what was admitted before.
    pub fn colleague(&mut self, heads: &[Hash], edits: &[Edit]) {
        let world = &self.court.world;
        let pen = Pen {
            station: &world.station.id,
            device: world.device(1),
            g: 0,
            person: world.person(1),
            at: world.clock,
        };
        let history = &world.desk.records[&self.record].history;
        let kind = world.station.kind("site");
        let change = write::change_at(history, heads, Some(kind), edits, &pen).unwrap();
        let n = world.desk.last_act.get(&pen.device).copied().unwrap_or(0) + 1;
        let part = Part {
            record: self.record,
            g: 0,
            change,
            made: None,
        };
        let act = Act {
            n,
            at: world.clock,
            mono: 0,
            parts: vec![part],
            again: None,
            on_behalf: None,
        };
        assert_eq!(self.judge(1, &act), None);
    }

    pub fn heads(&self) -> Vec<Hash> {
        self.court.world.desk.records[&self.record].history.heads()
    }

    pub fn view(&self) -> View {
        View::of(&self.court.world.desk.records[&self.record].history)
    }

    pub fn own_row(&self, number: usize) -> String {
        let view = View::of(&self.own);
        let mut rows: Vec<_> = view.rows.iter().collect();
        rows.sort_by_key(|(_, row)| row.op);
        rows[number].0.clone()
    }
}

pub fn copy(history: &History) -> History {
    let mut other = History::new(history.record);
    for change in history.changes() {
        let (decoded, bytes) = (change.decoded.clone(), change.bytes.clone());
        other.push(decoded, bytes, change.origin.clone()).unwrap();
    }
    other
}

pub fn text(value: &str) -> Scalar {
    Scalar::Str(value.into())
}

pub fn set(field: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: text(value),
    }
}

pub fn count(value: i64) -> Edit {
    Edit::Set {
        spot: Spot::Field("count".into()),
        value: Scalar::Int(value),
    }
}

pub fn splice(at: usize, delete: usize, insert: &str) -> Edit {
    Edit::Splice {
        field: "minutes".into(),
        at,
        delete,
        insert: insert.into(),
    }
}

pub fn row(value: &str) -> Edit {
    Edit::AddRow {
        field: "lines".into(),
        cells: vec![("text".into(), text(value))],
    }
}

pub fn cell(row: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Cell {
            row: row.into(),
            cell: "text".into(),
        },
        value: text(value),
    }
}

pub fn rewritten(outcome: Outcome) -> Rewritten {
    match outcome {
        Outcome::Rewritten(rewritten) => rewritten,
        Outcome::NoPlace { .. } | Outcome::Held(_) => panic!("{outcome:?}"),
    }
}
