//! The one place that reads the clock and draws randomness. Everything else is handed a
//! [`Clock`], so that a demo and a test run the same way twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sync_core::ids::Hash;

#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Set(Arc<Set>),
}

#[derive(Debug)]
struct Set {
    now_ms: AtomicU64,
    seed: [u8; 32],
    drawn: AtomicU64,
}

impl Clock {
    /// The machine's clock and the operating system's randomness.
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands until it is moved, with randomness that follows from the seed.
    pub fn set(now_ms: i64, seed: [u8; 32]) -> Clock {
        Clock(Source::Set(Arc::new(Set {
            now_ms: AtomicU64::new(now_ms.unsigned_abs()),
            seed,
            drawn: AtomicU64::new(0),
        })))
    }

    /// Milliseconds since 1970 (UTC).
    #[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
    pub fn now_ms(&self) -> i64 {
        let now = match &self.0 {
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| {
                    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
                }),
            Source::Set(set) => set.now_ms.load(Ordering::SeqCst),
        };
        i64::try_from(now).unwrap_or(i64::MAX)
    }

    /// 32 bytes that nobody can guess (a set clock: that follow from its seed and their turn).
    pub fn entropy(&self) -> [u8; 32] {
        match &self.0 {
            Source::System => {
                let mut bytes = [0; 32];
                // A key or a join code made without randomness would be worse than no server.
                #[expect(
                    clippy::disallowed_methods,
                    clippy::expect_used,
                    reason = "this is where randomness is drawn, and a system without it cannot go on"
                )]
                getrandom::fill(&mut bytes).expect("the operating system gives randomness");
                bytes
            }
            Source::Set(set) => {
                let turn = set.drawn.fetch_add(1, Ordering::SeqCst);
                Hash::of_parts("wardbook set clock", &[&set.seed, &turn.to_be_bytes()]).0
            }
        }
    }

    /// Moves a set clock on; the machine's clock goes by itself.
    pub fn advance(&self, by: Duration) {
        if let Source::Set(set) = &self.0 {
            let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            set.now_ms.fetch_add(by, Ordering::SeqCst);
        }
    }
}

/// How long something took: for metrics alone, nothing is decided by it.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "this is where time is measured")]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_set_clocks_of_one_seed_draw_the_same() {
        let (one, other) = (Clock::set(5, [1; 32]), Clock::set(5, [1; 32]));
        assert_eq!(one.entropy(), other.entropy());
        assert_ne!(one.entropy(), one.clone().entropy());
        one.advance(Duration::from_secs(1));
        assert_eq!(one.now_ms(), 1005);
    }
}
