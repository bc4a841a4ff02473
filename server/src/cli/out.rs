//! Standard output and standard error. A reader that went away (`| head`) is no failure.

use std::io::Write;

use serde_json::Value;
use sync_core::letters;

/// Writes one line to standard output at once. What it quotes of others drives no terminal.
pub fn say(line: &str) {
    file(&letters::plain(line));
}

/// One JSON value on a line, the same value wherever it is read.
pub fn json(value: &Value) {
    file(&letters::escaped(&value.to_string()));
}

/// A text that is a file: it goes out as it is.
pub fn file(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Writes one line to standard error.
pub fn complain(line: &str) {
    let line = letters::plain(line);
    let _ = writeln!(std::io::stderr().lock(), "wardbook: {line}");
}

/// Minutes east of UTC as `+08:00`.
pub fn zone(minutes: i64) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
