//! What becomes of one stranded act.

use super::case::*;
use super::*;

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
