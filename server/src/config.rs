//! What the environment says: the one place that reads it.

use crate::messages::Language;

/// Which messages are logged, such as `info` or `wardbook=debug,sqlx=warn`.
pub const LOG: &str = "WARDBOOK_LOG";

#[expect(
    clippy::disallowed_methods,
    reason = "this is where the environment is read"
)]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

pub fn log_filter() -> String {
    read(LOG).unwrap_or_else(|| "info,sqlx=warn".to_owned())
}

/// The language of the terminal, for messages to the operator.
pub fn language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(read);
    match locale {
        Some(locale) if locale.starts_with("zh") => Language::Zh,
        _ => Language::En,
    }
}
