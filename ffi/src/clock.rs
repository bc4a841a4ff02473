//! What time is it, and what is drawn by lot?
//!
//! The one place of the phone that asks the system for either.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sync_core::fieldbook::Now;

/// The system's clocks, the wall clock shifted: a phone of the demo is 11 minutes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    /// Milliseconds by which the wall clock is ahead.
    pub ahead: i64,
}

impl Clock {
    pub fn read(&self) -> Now {
        let (mono, boot) = since_boot();
        Now {
            wall: wall().saturating_add(self.ahead),
            mono,
            boot,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis().try_into().unwrap_or(i64::MAX))
}

/// Milliseconds since the device was started and a number that differs between two starts; where
/// the system tells neither, since this program was started.
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
fn since_boot() -> (u64, u64) {
    static STARTED: LazyLock<(Instant, u64)> = LazyLock::new(|| {
        let boot = random::<8>().map_or(0, u64::from_le_bytes);
        (Instant::now(), boot)
    });
    let of_system = || {
        let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
        let seconds: f64 = uptime.split(' ').next()?.parse().ok()?;
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let boot = u64::from_str_radix(boot.split('-').next()?, 16).ok()?;
        Some(((seconds * 1000.0) as u64, boot))
    };
    of_system().unwrap_or_else(|| {
        let (start, boot) = *STARTED;
        (start.elapsed().as_millis() as u64, boot)
    })
}

/// How long something took: for reports alone, nothing is decided by it.
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

/// `N` bytes that nobody can guess.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where randomness is drawn"
)]
pub fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
