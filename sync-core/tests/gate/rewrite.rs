//! What rests on a held act is written anew by the server, and nothing that has a place is lost.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::catalogue::FieldType;
use sync_core::envelope::{Act, Draft, Envelope, Frame, Part, header};
use sync_core::gate::policy::Rights;
use sync_core::gate::rewrite::{Ground, HeldChange, Outcome, Rewritten, Server, Stranded, rewrite};
use sync_core::gate::{Arrival, Code, Verdict};
use sync_core::ids::{ActId, Hash, RecordId};
use sync_core::record::canonical::Canonical;
use sync_core::record::change::{Action, At, Decoded, Scalar};
use sync_core::record::history::History;
use sync_core::record::view::View;
use sync_core::record::write::{self, Birth, Edit, Pen, Spot};

use crate::kit::World;
use crate::kit::station::EPOCH;

const SERVER: usize = 0;

/// A world whose server writes anew what is stranded.
struct Court {
    world: World,
    acts: u64,
    held: BTreeMap<RecordId, Vec<HeldChange>>,
    renamed: BTreeMap<RecordId, BTreeMap<String, String>>,
}

impl Court {
    fn new(world: World) -> Court {
        Court {
            world,
            acts: 0,
            held: BTreeMap::new(),
            renamed: BTreeMap::new(),
        }
    }

    fn note_held(&mut self, act: &Act, id: ActId) {
        for part in &act.parts {
            let decoded = Decoded::strict(&part.change).unwrap();
            self.held
                .entry(part.record)
                .or_default()
                .push(HeldChange { act: id, decoded });
        }
    }

    fn outcome(&mut self, phone: usize, act: &Act) -> Outcome {
        let station = self.world.station;
        let device = self.world.device(phone);
        let person = self.world.person(phone).clone();
        let server_device = station.device(SERVER);
        let rights = Rights {
            roles: station.roles(&person).to_vec(),
            person,
            server: false,
        };
        let none = BTreeMap::new();
        let touched: BTreeSet<RecordId> = act.parts.iter().map(|part| part.record).collect();
        let mut grounds = BTreeMap::new();
        for (record, docket) in &mut self.world.desk.records {
            if touched.contains(record) {
                let kind =
                    sync_core::gate::desk::kind_of(&docket.history, Some(&station.catalogue));
                let ground = Ground {
                    kind,
                    generation: docket.generations.get(&server_device).copied().unwrap_or(0),
                    history: &mut docket.history,
                    held: self.held.get(record).cloned().unwrap_or_default(),
                    renamed: self.renamed.get(record).unwrap_or(&none),
                };
                grounds.insert(*record, ground);
            }
        }
        let before: Vec<String> = grounds
            .values()
            .map(|at| format!("{:?}", at.history))
            .collect();
        let stranded = Stranded {
            act,
            device,
            envelope: Hash::of(b"envelope"),
            rights: &rights,
        };
        let server = Server {
            station: &station.id,
            device: server_device,
        };
        let outcome = rewrite(&stranded, &mut grounds, &server);
        let after: Vec<String> = grounds
            .values()
            .map(|at| format!("{:?}", at.history))
            .collect();
        assert!(before == after, "the records are left as they were");
        outcome
    }

    /// The server's act goes through its own envelope, as any act does.
    fn enter(&mut self, act: &Act, rewritten: &Rewritten) {
        self.acts += 1;
        let anew = rewritten.act(self.acts, self.world.clock, 0);
        let station = self.world.station;
        let draft = Draft {
            station: station.id.clone(),
            device: station.device(SERVER),
            seq: 1,
            prev: Hash::ZERO,
            epoch: EPOCH,
            needs: Vec::new(),
            beacon: None,
            made_at: self.world.clock,
            mono: 0,
            sheet_root: Hash::ZERO,
        };
        let unsigned = header::close(draft, &[anew], &[]).unwrap();
        let sig = station.keys[SERVER].sign(&unsigned.sign_bytes());
        let envelope = Envelope::decode(&unsigned.signed(sig).unwrap().to_bytes()).unwrap();
        let frame = envelope.open().unwrap();
        let judged = self.world.desk.judge(&envelope, &frame, Arrival::default());
        assert_eq!(judged.verdicts, [Verdict::Admitted]);
        let mut seen = BTreeSet::new();
        for part in act.parts.iter().filter(|part| seen.insert(part.record)) {
            let names = self.renamed.entry(part.record).or_default();
            names.extend(rewritten.renamed().iter().cloned());
        }
        for record in seen {
            let history = &self.world.desk.records[&record].history;
            if !history.is_empty() {
                let canonical = Canonical::of_view(&View::of(history));
                assert_eq!(canonical, Canonical::of_document(history.raw()).unwrap());
            }
        }
    }
}

/// An officer's phone (0), a colleague's (1), a record both know, and the author's private copy
/// in which held acts stand too.
struct Case {
    court: Court,
    record: RecordId,
    /// What the author's phone shows: everything it wrote.
    own: History,
    n: u64,
}

impl Case {
    fn new() -> Case {
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
    fn act(&mut self, edits: &[Edit]) -> Act {
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
    fn held(&mut self, edits: &[Edit]) {
        let edits: Vec<Edit> = [set("verdict", "准")]
            .into_iter()
            .chain(edits.iter().cloned())
            .collect();
        let act = self.act(&edits);
        assert_eq!(self.judge(0, &act), Some(Code::Forbidden));
        self.note(&act);
    }

    fn note(&mut self, act: &Act) {
        let id = ActId {
            device: self.court.world.device(0),
            n: act.n,
        };
        self.court.note_held(act, id);
    }

    fn judge(&mut self, phone: usize, act: &Act) -> Option<Code> {
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
    fn stranded(&mut self, edits: &[Edit]) -> Outcome {
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
    fn colleague(&mut self, heads: &[Hash], edits: &[Edit]) {
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

    fn heads(&self) -> Vec<Hash> {
        self.court.world.desk.records[&self.record].history.heads()
    }

    fn view(&self) -> View {
        View::of(&self.court.world.desk.records[&self.record].history)
    }

    fn own_row(&self, number: usize) -> String {
        let view = View::of(&self.own);
        let mut rows: Vec<_> = view.rows.iter().collect();
        rows.sort_by_key(|(_, row)| row.op);
        rows[number].0.clone()
    }
}

fn copy(history: &History) -> History {
    let mut other = History::new(history.record);
    for change in history.changes() {
        let (decoded, bytes) = (change.decoded.clone(), change.bytes.clone());
        other.push(decoded, bytes, change.origin.clone()).unwrap();
    }
    other
}

fn text(value: &str) -> Scalar {
    Scalar::Str(value.into())
}

fn set(field: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: text(value),
    }
}

fn count(value: i64) -> Edit {
    Edit::Set {
        spot: Spot::Field("count".into()),
        value: Scalar::Int(value),
    }
}

fn splice(at: usize, delete: usize, insert: &str) -> Edit {
    Edit::Splice {
        field: "minutes".into(),
        at,
        delete,
        insert: insert.into(),
    }
}

fn row(value: &str) -> Edit {
    Edit::AddRow {
        field: "lines".into(),
        cells: vec![("text".into(), text(value))],
    }
}

fn cell(row: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Cell {
            row: row.into(),
            cell: "text".into(),
        },
        value: text(value),
    }
}

fn rewritten(outcome: Outcome) -> Rewritten {
    match outcome {
        Outcome::Rewritten(rewritten) => rewritten,
        Outcome::NoPlace { .. } | Outcome::Held(_) => panic!("{outcome:?}"),
    }
}

#[test]
fn a_value_written_after_a_held_act_stands_in_its_authors_name() {
    let mut case = Case::new();
    case.held(&[count(1)]);
    assert_eq!(
        rewritten(case.stranded(&[count(2), set("title", "乙")])).dropped,
        []
    );
    let view = case.view();
    let value = view.fields["count"].last().unwrap();
    assert_eq!(value.value, Scalar::Int(2));
    let origin = &view.changes[value.change].origin;
    assert_eq!((origin.act.n, origin.person.as_str()), (3, "O0001"));
    assert_eq!(view.fields["title"].values.len(), 1);
    assert_eq!(view.fields["title"].earlier.len(), 1);
    assert!(!view.fields.contains_key("verdict"));
}

#[test]
fn two_stranded_acts_in_a_row_follow_each_other() {
    let mut case = Case::new();
    case.held(&[]);
    rewritten(case.stranded(&[count(1), row("一")]));
    let line = case.own_row(0);
    rewritten(case.stranded(&[count(2), cell(&line, "二")]));
    let view = case.view();
    assert_eq!(view.fields["count"].values.len(), 1);
    assert_eq!(view.fields["count"].earlier.len(), 1);
    let cells = &view.rows.values().next().unwrap().cells;
    assert_eq!(cells["text"].last().unwrap().value, text("二"));
    assert_eq!(view.rows.len(), 1);
}

#[test]
fn a_cell_of_a_held_row_goes_to_the_tray_and_the_rest_does_not() {
    let mut case = Case::new();
    case.held(&[row("held")]);
    let line = case.own_row(0);
    let done = rewritten(case.stranded(&[cell(&line, "late"), count(3)]));
    assert_eq!(done.dropped.len(), 1);
    assert_eq!(done.dropped[0].path, format!("{line}:text"));
    assert_eq!(
        case.view().fields["count"].last().unwrap().value,
        Scalar::Int(3)
    );
    let outcome = case.stranded(&[cell(&line, "later")]);
    assert!(matches!(outcome, Outcome::NoPlace { dropped } if dropped.len() == 1));
}

#[test]
fn members_steps_and_marks_get_names_of_the_server() {
    let mut case = Case::new();
    case.held(&[]);
    let done = rewritten(case.stranded(&[
        Edit::Add {
            field: "tags".into(),
            value: text("签"),
        },
        Edit::Step {
            to: "open".into(),
            note: Some("注".into()),
        },
        Edit::Amend {
            reason: "误".into(),
        },
    ]));
    assert_eq!(done.renamed().len(), 1);
    let view = case.view();
    let member = &done.renamed()[0].1;
    assert_eq!(view.fields[member].last().unwrap().value, text("签"));
    assert_eq!(view.steps[0].text("note"), Some("注"));
    assert_eq!(view.steps[0].text("by"), Some("O0001"));
    assert_eq!(view.marks[0].text("reason"), Some("误"));
    // What is removed later is the member under its name of now.
    let old = done.renamed()[0].0.clone();
    rewritten(case.stranded(&[Edit::Remove {
        target: Some(old),
        reason: "撤".into(),
    }]));
    assert!(
        case.view()
            .fields
            .contains_key(&format!("{member}/removed"))
    );
}

#[test]
fn a_sentence_inside_a_held_one_goes_to_its_nearest_kept_neighbour() {
    let mut case = Case::new();
    // 今日[held: 很长🙂]例会, then a word inside the held sentence and one after it.
    case.held(&[splice(2, 0, "很长🙂")]);
    rewritten(case.stranded(&[splice(3, 0, "非")]));
    assert_eq!(case.view().texts["minutes"].text, "今日非例会");
    // 今日很非长🙂例会 on the author's phone: one more behind the word that was written anew.
    rewritten(case.stranded(&[splice(4, 0, "常👮"), splice(0, 1, "")]));
    assert_eq!(case.view().texts["minutes"].text, "日非常👮例会");
}

#[test]
fn a_settlement_that_is_stranded_settles_what_is_still_in_conflict() {
    let mut case = Case::new();
    let heads = case.heads();
    case.colleague(&heads, &[count(7)]);
    let theirs = case.court.world.desk.records[&case.record]
        .history
        .changes()
        .last()
        .unwrap();
    let (decoded, bytes, origin) = (
        theirs.decoded.clone(),
        theirs.bytes.clone(),
        theirs.origin.clone(),
    );
    // The author writes without knowing, then hears of it and settles, after an act that is held.
    let own = case.act(&[count(1)]);
    assert_eq!(case.judge(0, &own), None);
    case.own.push(decoded, bytes, origin).unwrap();
    case.held(&[]);
    let settle = Edit::Settle {
        spot: Spot::Field("count".into()),
        value: Scalar::Int(8),
    };
    rewritten(case.stranded(&[settle]));
    let view = case.view();
    assert_eq!(view.fields["count"].values.len(), 1);
    assert_eq!(view.fields["count"].last().unwrap().value, Scalar::Int(8));
    assert_eq!(view.marks[0].text("path"), Some("count"));
}

#[test]
fn a_value_beside_one_that_its_author_did_not_know_stays_in_conflict() {
    let mut case = Case::new();
    case.held(&[]);
    let heads = case.heads();
    case.colleague(&heads, &[count(7)]);
    rewritten(case.stranded(&[count(1)]));
    assert_eq!(case.view().fields["count"].values.len(), 2);
    // The same again when the server has written meanwhile: it takes a new generation.
    let heads = case.heads();
    case.colleague(
        &heads,
        &[Edit::Settle {
            spot: Spot::Field("count".into()),
            value: Scalar::Int(9),
        }],
    );
    rewritten(case.stranded(&[count(2)]));
    let view = case.view();
    let values: Vec<_> = view.fields["count"]
        .values
        .iter()
        .map(|at| &at.value)
        .collect();
    assert_eq!(values.len(), 2);
    assert!(values.contains(&&Scalar::Int(9)) && values.contains(&&Scalar::Int(2)));
}

#[test]
fn what_its_author_may_not_write_is_not_written_anew() {
    let mut case = Case::new();
    case.held(&[]);
    let outcome = case.stranded(&[count(1), set("verdict", "再准")]);
    assert!(matches!(outcome, Outcome::Held(held) if held.code == Code::Forbidden));
    assert!(!case.view().fields.contains_key("count"));
}

#[test]
fn a_record_whose_first_change_was_held_has_no_place() {
    let mut world = World::of(&[4, 1]);
    let (station, device, person) = (world.station, world.device(0), world.person(0));
    let record = RecordId::derive(&station.id, device, 1);
    let pen = Pen {
        station: &station.id,
        device,
        g: 0,
        person,
        at: world.clock,
    };
    let birth = Birth {
        kind: station.kind("site"),
        external_id: None,
    };
    let change = write::create(record, birth, &[set("title", "甲")], &pen).unwrap();
    world.desk.docket(record);
    let mut court = Court::new(world);
    let part = Part {
        record,
        g: 0,
        change,
        made: Some(1),
    };
    let act = Act {
        n: 1,
        at: 0,
        mono: 0,
        parts: vec![part],
        again: None,
        on_behalf: None,
    };
    let outcome = court.outcome(0, &act);
    assert!(matches!(outcome, Outcome::NoPlace { dropped } if dropped[0].path == "record"));
}

#[test]
fn every_statement_that_has_a_place_is_kept() {
    let (mut written, mut lost, mut kept) = (0, 0, 0);
    for seed in 0..60 {
        let mut world = World::credulous(seed);
        world.run(60);
        world.settle();
        let mut court = Court::new(world);
        let acts: Vec<(usize, Act, Verdict)> = court
            .world
            .log
            .iter()
            .flat_map(|entry| {
                let sent = &court.world.sent[entry.sent];
                let acts = sent.frame.acts.iter().flatten().cloned();
                acts.zip(entry.judgement.verdicts.clone())
                    .map(|(act, verdict)| (sent.phone, act, verdict))
            })
            .collect();
        for (phone, act, verdict) in acts {
            let id = ActId {
                device: court.world.device(phone),
                n: act.n,
            };
            let Verdict::Held(held) = verdict else {
                continue;
            };
            if held.code == Code::Stranded {
                let outcome = court.outcome(phone, &act);
                let dropped = match &outcome {
                    Outcome::Rewritten(done) => {
                        written += 1;
                        court.enter(&act, done);
                        done.dropped.clone()
                    }
                    Outcome::NoPlace { dropped } => dropped.clone(),
                    Outcome::Held(held) => {
                        let forbidden = [Code::Forbidden, Code::ServerOnly];
                        assert!(forbidden.contains(&held.code), "seed {seed}: {held}");
                        court.note_held(&act, id);
                        continue;
                    }
                };
                lost += dropped.len();
                for part in &act.parts {
                    let paths: Vec<&str> = dropped
                        .iter()
                        .filter(|at| at.record == part.record)
                        .map(|at| at.path.as_str())
                        .collect();
                    kept += check_kept(&court, id, part, &paths, &format!("seed {seed}, act {id}"));
                }
            }
            court.note_held(&act, id);
        }
        assert_eq!(court.world.desk.prove(), []);
    }
    assert!(
        written > 50 && lost > 5 && kept > 100,
        "{written} written anew, {lost} lost, {kept} kept"
    );
}

/// Every value of a stranded change is in the record, by its author's act or already, or named
/// as dropped.
fn check_kept(court: &Court, id: ActId, part: &Part, dropped: &[&str], story: &str) -> usize {
    if dropped.contains(&"record") {
        return 0;
    }
    let view = View::of(&court.world.desk.records[&part.record].history);
    let decoded = Decoded::strict(&part.change).unwrap();
    let kind = court.world.station.kind(&view.kind);
    let mut all = Vec::new();
    for slot in view
        .fields
        .values()
        .chain(view.rows.values().flat_map(|row| row.cells.values()))
    {
        all.extend(
            slot.writes()
                .map(|at| (&at.value, view.changes[at.change].origin.act)),
        );
    }
    for entry in view.steps.iter().chain(&view.marks) {
        let act = view.changes[entry.change].origin.act;
        all.extend(entry.values.values().map(|value| (value, act)));
    }
    let mut kept = 0;
    for op in &decoded.ops {
        let (At::Key(key), Action::Put(value)) = (&op.at, &op.action) else {
            continue;
        };
        let is_mark = ["type", "path", "by", "at"].contains(&key.as_str());
        let is_field = kind
            .field(key)
            .is_some_and(|field| field.ty != FieldType::CoText);
        let replaced_in_it = decoded.ops.iter().any(|later| {
            later.obj == op.obj && later.at == op.at && !later.pred.is_empty() && later != op
        });
        let is_dropped = dropped.iter().any(|path| path.ends_with(key));
        if is_mark || replaced_in_it || is_dropped {
            continue;
        }
        let by_act = all.iter().any(|(there, act)| *there == value && *act == id);
        let already = is_field
            && view
                .fields
                .get(key)
                .is_some_and(|slot| slot.writes().any(|at| at.value == *value))
            || all.iter().any(|(there, _)| *there == value);
        assert!(
            by_act || already,
            "{story}: {key} = {value:?} is lost; dropped {dropped:?}"
        );
        kept += usize::from(by_act);
    }
    let letters = |change: &Decoded| change.ops.iter().filter(|op| op.insert).count();
    let history = &court.world.desk.records[&part.record].history;
    let anew: usize = history
        .changes()
        .iter()
        .filter(|change| change.origin.act == id)
        .map(|change| letters(&change.decoded))
        .sum();
    assert!(anew >= letters(&decoded), "{story}: letters are lost");
    kept
}
