//! Who wrote, where that was no member?

use std::sync::LazyLock;

use crate::catalogue::Label;

/// What books print for the server: it writes what was imported, and for residents.
pub(super) fn server() -> &'static Label {
    static SERVER: LazyLock<Label> = LazyLock::new(|| {
        let table: Option<toml::Table> = include_str!("../../messages/names.toml").parse().ok();
        let server = table.as_ref().and_then(|table| table.get("server"));
        let text = |language| server.and_then(|server| server.get(language)?.as_str());
        Label::new(
            text("zh").unwrap_or_default(),
            text("en").unwrap_or_default(),
        )
    });
    &SERVER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_has_a_name_in_both_languages() {
        assert!(!server().zh.is_empty() && !server().en.is_empty());
    }
}
