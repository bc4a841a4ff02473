//! What becomes of all that a world strands.

use super::*;

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
