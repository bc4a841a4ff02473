//! What this phone was shown that cannot be, and what came of it.

use super::door::Now;
use super::refusal::Refusal;
use super::state::{Alarm, State};

/// Alarms that are kept.
const MOST: usize = 64;

/// Syncing stops until somebody has looked into it.
pub fn raise(state: &mut State, now: Now, refusal: &Refusal) {
    let what = refusal.to_string();
    let lasting = matches!(refusal, Refusal::TwoOfUs { .. });
    state.own.doubled |= lasting || matches!(refusal, Refusal::Frozen { .. });
    state.seen.alarm = Some(what.clone());
    if state.seen.alarms.len() == MOST {
        state.seen.alarms.remove(0);
    }
    state.seen.alarms.push(Alarm {
        what,
        at: now.wall,
        cleared: None,
        lasting,
    });
}

/// Refuses to sync while an alarm stands, and says what ends it.
pub fn stands(state: &State) -> Result<(), Refusal> {
    match &state.seen.alarm {
        Some(_) if state.own.doubled => Err(Refusal::Doubled),
        Some(what) => Err(Refusal::Alarm(what.clone())),
        None => Ok(()),
    }
}

/// Somebody has looked into it: syncing goes on. If it stands, the next answer shows it again.
pub fn clear(state: &mut State, now: Now) -> Result<(), Refusal> {
    let standing = state.seen.alarms.last();
    if standing.is_some_and(|alarm| alarm.lasting && alarm.cleared.is_none()) {
        return Err(Refusal::Doubled);
    }
    match state.seen.alarm.take() {
        None => Err(Refusal::NoAlarm),
        Some(_) => {
            state.own.doubled = false;
            settle(state, now);
            Ok(())
        }
    }
}

/// A phone that bears a name of its own again is not doubled any more.
pub fn clear_doubled(state: &mut State, now: Now) {
    if std::mem::take(&mut state.own.doubled) && state.seen.alarm.take().is_some() {
        settle(state, now);
    }
}

fn settle(state: &mut State, now: Now) {
    let open = state.seen.alarms.iter_mut();
    for alarm in open.filter(|alarm| alarm.cleared.is_none()) {
        alarm.cleared = Some(now.wall);
    }
}
