//! Where did a record stand at a moment?

use crate::catalogue::Phases;

/// What the steps of a record came to, and from when on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trail {
    stands: Vec<(i64, Stand)>,
    accepted: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Open,
    Done,
    Paused,
    Void,
    /// People took different steps without knowing of each other: open until somebody decides.
    Contested,
}

impl Trail {
    /// Reads `found@1778461200000;closed@...`. Steps stand in the order in which people knew of
    /// them; a phone whose clock was behind does not put a step before the one it follows.
    pub fn read(text: &str, phases: Option<&Phases>) -> Trail {
        let mut trail = Trail::default();
        let Some(phases) = phases else { return trail };
        let mut reached = i64::MIN;
        for (step, at) in text.split(';').filter_map(|part| part.split_once('@')) {
            let Ok(at) = at.parse::<i64>() else { continue };
            if step == "?" {
                // It was contested from the first of those steps on.
                trail.stands.retain(|(earlier, _)| *earlier < at);
                trail.stands.push((at, Stand::Contested));
                break;
            }
            reached = reached.max(at);
            let is = |list: &[String]| list.iter().any(|known| known == step);
            if is(&phases.accepted) && trail.accepted.is_none() {
                trail.accepted = Some(reached);
            }
            if is(&phases.same) {
                continue;
            }
            let stand = if is(&phases.done) {
                Stand::Done
            } else if is(&phases.void) {
                Stand::Void
            } else if is(&phases.paused) {
                Stand::Paused
            } else {
                Stand::Open
            };
            trail.stands.push((reached, stand));
        }
        trail
    }

    /// Where it stood just before a moment.
    pub fn before(&self, moment: i64) -> Stand {
        let earlier = self.stands.iter().rev().find(|(at, _)| *at < moment);
        earlier.map_or(Stand::Open, |(_, stand)| *stand)
    }

    /// Where it stands now.
    pub fn last(&self) -> Stand {
        self.stands.last().map_or(Stand::Open, |(_, stand)| *stand)
    }

    /// Since when it has been done, if it is.
    pub fn done_at(&self) -> Option<i64> {
        let mut done = None;
        for (at, stand) in &self.stands {
            done = match (stand, done) {
                (Stand::Done, None) => Some(*at),
                (Stand::Done, since) => since,
                (Stand::Open | Stand::Paused | Stand::Void | Stand::Contested, _) => None,
            };
        }
        done
    }

    pub fn is_accepted(&self) -> bool {
        self.accepted.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases() -> Phases {
        let list = |step: &str| vec![step.to_owned()];
        Phases {
            done: list("closed"),
            paused: list("suspended"),
            void: list("cancelled"),
            same: list("callback"),
            accepted: list("accepted"),
        }
    }

    fn read(text: &str) -> Trail {
        Trail::read(text, Some(&phases()))
    }

    #[test]
    fn a_callback_leaves_a_closed_record_closed() {
        let trail = read("received@1;accepted@2;closed@5;callback@9");
        assert_eq!(trail.before(5), Stand::Open);
        assert_eq!(trail.before(6), Stand::Done);
        assert_eq!(trail.last(), Stand::Done);
        assert_eq!(trail.done_at(), Some(5));
        assert!(trail.is_accepted());
    }

    #[test]
    fn a_reopened_record_is_open_again() {
        let trail = read("received@1;closed@5;reopened@7");
        assert_eq!(trail.before(7), Stand::Done);
        assert_eq!(trail.last(), Stand::Open);
        assert_eq!(trail.done_at(), None);
    }

    #[test]
    fn t8_what_is_contested_is_open_from_the_first_of_the_two_steps_on() {
        let trail = read("found@1;closed@5;rectifying@8;?@5");
        assert_eq!(trail.before(5), Stand::Open);
        assert_eq!(trail.before(6), Stand::Contested);
        assert_eq!(trail.last(), Stand::Contested);
        assert_eq!(trail.done_at(), None);
    }

    #[test]
    fn a_slow_clock_does_not_put_a_step_before_what_it_follows() {
        let trail = read("closed@10;reopened@4");
        assert_eq!(trail.last(), Stand::Open);
        assert_eq!(trail.before(10), Stand::Open);
        assert_eq!(trail.before(11), Stand::Open);
    }

    #[test]
    fn what_is_no_trail_says_nothing() {
        for text in ["", ";;@;x", "closed@soon", "@@1"] {
            assert_eq!(read(text).done_at(), None, "{text}");
        }
        assert_eq!(Trail::read("closed@1", None).last(), Stand::Open);
    }
}
