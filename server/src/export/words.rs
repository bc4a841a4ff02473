//! What exported files say beside what people wrote, from `server/messages/export.*.toml`.

use std::sync::LazyLock;

use serde::Deserialize;
use sync_core::catalogue::Language;

use crate::messages::embedded as read;

macro_rules! words {
    ($($name:ident)*) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words { $(pub $name: String,)* }
    };
}

words! {
    local_number records amendments conflicts marks margin struck partly_struck late clocks_apart
    unknown_fields breach_order breach_first breach_condition breach_guard missing excused
    unreadable between amendment amendment_why conflict conflict_value removed
    overdue everything until since up_to heading masked full coverage_all coverage_some
    coverage_none total continued cut page list_heading person_code record_id device_key days_left
    held_reason held_code held_detail conflict_path card_reasons card_tasks
}

const FILES: [&str; 2] = [
    include_str!("../../messages/export.zh.toml"),
    include_str!("../../messages/export.en.toml"),
];

static ZH: LazyLock<Words> = LazyLock::new(|| read(FILES[0]));
static EN: LazyLock<Words> = LazyLock::new(|| read(FILES[1]));

impl Words {
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::Zh => &ZH,
            Language::En => &EN,
        }
    }
}

/// A sentence with its `{names}` filled in, each once, so that no value is taken for a name.
pub fn fill(sentence: &str, parts: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        let value = parts.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_taken_for_a_name() {
        let parts = [("a", "{b}"), ("b", "x")];
        assert_eq!(fill("{a}-{b}-{c}", &parts), "{b}-x-");
        assert_eq!(fill("{a", &parts), "{a");
    }
}
