//! What the environment says: the one place that reads it.

use tracing_subscriber::filter::Targets;

use crate::error::{Error, Result};
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

pub fn log_filter() -> Result<Targets> {
    parse_log_filter(read(LOG).unwrap_or_else(|| "info,sqlx=warn".to_owned()))
}

fn parse_log_filter(given: String) -> Result<Targets> {
    given.parse().map_err(|source| Error::LogFilter {
        variable: LOG,
        given,
        source,
    })
}

/// The language of the terminal, for messages to the operator.
pub fn language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(read);
    match locale {
        Some(locale) if locale.starts_with("zh") => Language::Zh,
        _ => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::parse_log_filter;
    use crate::error::Error;

    #[test]
    fn what_to_log_is_a_level_or_levels_by_part() {
        let levels = parse_log_filter("info,sqlx=warn".to_owned()).expect("it parses");
        assert!(levels.would_enable("wardbook::http", &Level::INFO));
        assert!(!levels.would_enable("wardbook::http", &Level::DEBUG));
        assert!(!levels.would_enable("sqlx::query", &Level::INFO));
        assert!(levels.would_enable("sqlx::query", &Level::WARN));

        let wrong = parse_log_filter("wardbook=loud".to_owned());
        assert!(matches!(wrong, Err(Error::LogFilter { given, .. }) if given == "wardbook=loud"));
    }
}
