//! Real phones and the server's real parts: whatever is cut, late, doubled or changed meanwhile,
//! nothing honest is lost, nothing is doubled, and everybody comes to the same books.

use std::panic::catch_unwind;

use crate::kit::Shift;
use crate::kit::shift::Tally;

/// `WARDBOOK_WORLDS` of them, from the first seed on.
const SHIFTS: u64 = 40;
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
    let seeds = first..first + knob("WARDBOOK_WORLDS", SHIFTS);
    let mut all = Tally::default();
    let mut failed = Vec::new();
    for seed in seeds.clone() {
        match catch_unwind(|| shift(seed)) {
            Ok(tally) => all += tally,
            Err(_) => failed.push(seed),
        }
    }
    assert!(
        failed.is_empty(),
        "WARDBOOK_WORLDS=1 WARDBOOK_SEED=... of {failed:?}"
    );
    println!("{all:?}");
    let enough = |count: usize, each: u64| count as u64 >= each * (seeds.end - seeds.start) / 10;
    assert!(
        enough(all.admitted, 150)
            && enough(all.held, 10)
            && enough(all.rewritten, 2)
            && enough(all.again, 1)
            && enough(all.given, 50)
            && enough(all.deaths, 10)
            && enough(all.epochs, 50),
        "{all:?}"
    );
}
