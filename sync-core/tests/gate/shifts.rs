//! Real phones and the server's real parts: whatever is cut, late, doubled or changed meanwhile,
//! nothing honest is lost, nothing is doubled, and everybody comes to the same books.

use crate::kit::Shift;
use crate::kit::shift::Tally;

/// `WARDBOOK_WORLDS` of them, from the first seed on.
const SHIFTS: u64 = 40;
const ROUNDS: usize = 90;

fn shift(seed: u64) -> Tally {
    let mut shift = Shift::new(seed);
    shift.run(ROUNDS);
    shift.settle();
    shift.check_settled();
    shift.tally
}

#[test]
fn a_shift_loses_nothing_doubles_nothing_and_ends_in_one_book() {
    let shifts = std::env::var("WARDBOOK_WORLDS").map_or(SHIFTS, |n| n.parse().unwrap());
    let first = std::env::var("WARDBOOK_SEED").map_or(0, |n| n.parse().unwrap());
    let mut all = Tally::default();
    for seed in first..first + shifts {
        println!("seed {seed}");
        all += shift(seed);
    }
    println!("{all:?}");
    assert!(
        all.admitted > 500 && all.held > 20 && all.rewritten > 10 && all.given > 100,
        "{all:?}"
    );
    assert!(all.again > 3 && all.deaths > 50 && all.epochs > 100, "{all:?}");
}
