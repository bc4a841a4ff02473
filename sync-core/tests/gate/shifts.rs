//! Real phones and the server's real parts: whatever is cut, late, doubled or changed meanwhile,
//! nothing honest is lost, nothing is doubled, and everybody comes to the same books.

use std::panic::catch_unwind;

use sync_core::fieldbook::Deed;
use sync_core::record::change::Scalar;
use sync_core::record::write::{Edit, Spot};

use crate::kit::Shift;
use crate::kit::shift::Tally;

/// `WARDBOOK_WORLDS` of them, from the first seed on.
const SHIFTS: u64 = 30;
const DAYS: usize = 3;
const ROUNDS: usize = 35;

fn shift(seed: u64) -> Tally {
    let mut shift = Shift::new(seed);
    shift.run(DAYS, ROUNDS);
    shift.settle();
    shift.check_settled();
    shift.tally
}

#[test]
fn a_shift_loses_nothing_doubles_nothing_and_ends_in_one_book() {
    let knob = |name: &str, usual| std::env::var(name).map_or(usual, |n| n.parse().unwrap());
    let first = knob("WARDBOOK_SEED", 0);
    let count = knob("WARDBOOK_WORLDS", SHIFTS);
    let seeds = first..first + count;
    let mut all = Tally::default();
    let mut failed = Vec::new();
    for seed in seeds {
        match catch_unwind(|| shift(seed)) {
            Ok(tally) => all += tally,
            Err(_) => {
                eprintln!("seed {seed}");
                failed.push(seed);
            }
        }
    }
    assert!(
        failed.is_empty(),
        "WARDBOOK_WORLDS=1 WARDBOOK_SEED=... of {failed:?}"
    );
    println!("{all:?}");
    let enough = |happened: usize, in_ten: u64| happened as u64 >= in_ten * count / 10;
    let tells = enough(all.admitted, 150)
        && enough(all.held, 10)
        && enough(all.rewritten, 2)
        && enough(all.again, 1)
        && enough(all.given, 50)
        && enough(all.deaths, 10)
        && enough(all.epochs, 50);
    assert!(tells || count < SHIFTS, "{all:?}");
}

/// A row was held with its act; a cell that its author wrote into it later went to nobody: the
/// act was said to be registered, as most of it was, and the tray was emptied.
#[test]
fn what_had_no_place_left_of_an_act_written_anew_lies_in_its_authors_tray() {
    let mut shift = Shift::calm();
    let forger = 2;
    shift.forger = Some(forger);
    shift.forge_charter(forger);
    let create = Deed::Create {
        kind: "site".into(),
        external_id: None,
        edits: vec![set(Spot::Field("title".into()), "甲")],
    };
    shift.record(forger, vec![create], None);
    let record = shift.phones[forger].records()[0];
    let row = Edit::AddRow {
        field: "lines".into(),
        cells: Vec::new(),
    };
    let edits = vec![set(Spot::Field("verdict".into()), "准"), row];
    shift.record(forger, vec![Deed::Change { record, edits }], None);
    let view = shift.phones[forger].view(record).unwrap();
    let row = view.rows.keys().next().unwrap().clone();
    let lost = Spot::Cell {
        row: row.clone(),
        cell: "text".into(),
    };
    let edits = vec![set(Spot::Field("story".into()), "巡查"), set(lost, "到场")];
    shift.record(forger, vec![Deed::Change { record, edits }], None);
    shift.settle();

    let phone = &shift.phones[forger];
    let view = phone.view(record).unwrap();
    assert!(view.fields.contains_key("story") && view.rows.is_empty());
    let tray = phone.tray();
    let told: Vec<(u64, &str)> = tray.iter().map(|at| (at.act.n, at.code.as_str())).collect();
    assert_eq!(told, [(2, "forbidden"), (3, "partly")]);
    assert_eq!(tray[1].detail, format!("{record}/{row}:text"));
    assert_eq!(
        (phone.book.status().registered, phone.book.status().held),
        (2, 2)
    );
    let person = phone.person.clone();
    shift.check_settled();

    // Once its row was submitted again, what was lost can be said of that row, and nothing else is.
    let (held, partly) = (tray[0].act, tray[1].act);
    let mut delta = shift.office.next_epoch();
    let mut member = shift.office.charter.person(&person).unwrap().clone();
    member.roles = vec!["officer".into(), "leader".into()];
    delta.members.push(member);
    shift.office.change(delta);
    shift.forger = None;
    shift.settle();
    for act in [held, partly] {
        let deeds = shift.phones[forger].query(|book, loaded| book.again(loaded, act));
        shift.record(forger, deeds, Some(act));
    }
    shift.settle();
    let phone = &shift.phones[forger];
    assert!(phone.tray().is_empty());
    let view = phone.view(record).unwrap();
    let rows: Vec<_> = view.rows.values().collect();
    assert_eq!(rows.len(), 1);
    let told = &rows[0].cells["text"].values;
    assert_eq!(told[0].value, Scalar::Str("到场".into()));
    assert_eq!(view.fields["story"].values.len(), 1);
    assert_eq!(
        view.changes.len(),
        4,
        "the rest of the act is not said twice"
    );
    shift.check_settled();
}

/// Seeds 148 and 162: an officer who settled on the value that Automerge shows first was told that it may
/// not be written, because Automerge then deletes the other values instead of writing one.
#[test]
fn a_conflict_is_settled_on_either_of_its_values() {
    for (chosen, goes_on) in [(1, false), (2, false), (1, true), (2, true)] {
        let mut shift = Shift::calm();
        let create = Deed::Create {
            kind: "site".into(),
            external_id: None,
            edits: Vec::new(),
        };
        shift.record(0, vec![create], None);
        shift.settle();
        let record = shift.phones[0].records()[0];
        let spot = Spot::Field("count".into());
        for (phone, value) in [(0, 1), (1, 2)] {
            let (spot, value) = (spot.clone(), Scalar::Int(value));
            let edits = vec![Edit::Set { spot, value }];
            shift.record(phone, vec![Deed::Change { record, edits }], None);
        }
        shift.settle();
        let value = Scalar::Int(chosen);
        let values = |shift: &Shift, phone: usize| {
            let view = shift.phones[phone].view(record).unwrap();
            view.fields["count"].values.len()
        };
        assert_eq!(values(&shift, 1), 2);
        let settle = Edit::Settle {
            spot: spot.clone(),
            value: value.clone(),
        };
        // What is said of it in the same act goes on from there.
        let edits = match goes_on {
            false => vec![settle],
            true => vec![
                settle,
                Edit::Set {
                    spot,
                    value: Scalar::Int(3),
                },
            ],
        };
        shift.record(0, vec![Deed::Change { record, edits }], None);
        shift.settle();
        assert_eq!(values(&shift, 1), 1);
        shift.check_settled();
    }
}

fn set(spot: Spot, value: &str) -> Edit {
    let value = Scalar::Str(value.into());
    Edit::Set { spot, value }
}
