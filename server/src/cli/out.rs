//! Standard output and standard error. A reader that went away (`| head`) is no failure.

use std::io::Write;

/// Writes one line to standard output at once.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Writes one line to standard error.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "wardbook: {line}");
}

/// Minutes east of UTC as `+08:00`.
pub fn zone(minutes: i64) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
