//! What has somebody seen of a record?

/// Per actor, the number of its changes that are covered: a set of changes closed under "rests on".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock(Vec<u32>);

impl Clock {
    pub(super) fn get(&self, actor: usize) -> u32 {
        self.0.get(actor).copied().unwrap_or(0)
    }

    /// Whether the actor's change number `seq` is covered.
    pub fn covers(&self, actor: usize, seq: u64) -> bool {
        u64::from(self.get(actor)) >= seq
    }

    /// The same with the actors counted in another order.
    pub fn in_order(&self, actors: &[usize]) -> Clock {
        Clock(actors.iter().map(|actor| self.get(*actor)).collect())
    }

    pub(super) fn raise(&mut self, actor: usize, seq: u32) {
        if self.0.len() <= actor {
            self.0.resize(actor + 1, 0);
        }
        self.0[actor] = self.0[actor].max(seq);
    }

    /// Covers also what the other covers.
    pub fn join(&mut self, other: &Clock) {
        for (actor, seq) in other.0.iter().enumerate() {
            self.raise(actor, *seq);
        }
    }
}
