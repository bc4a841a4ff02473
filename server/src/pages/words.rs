//! The labels and sentences of pages, from `server/messages/pages.*.toml`. A label that a template
//! names and a file lacks does not start; one that no template names does not compile.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::messages::Language;

macro_rules! words {
    ($($name:ident)*) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words { $(pub $name: String,)* }
    };
}

words! {
    product other_language other_language_tag skip breadcrumbs keys keys_title key_search
    key_rows key_open key_export key_print key_help masked_note console_note weekdays days hours
    minutes span_between list_between label_between cell_between yuan stations_title
    stations_empty stations_empty_how open_books books book rows_count last_day no_rows_yet
    devices device last_contact waiting_items waiting_count never removed_device nobodys
    coverage coverage_all coverage_missing coverage_open coverage_lead coverage_today
    coverage_book coverage_silent coverage_none attention held_count conflict_count
    nothing_waiting station_word period page_of page_of_day page_number previous next
    previous_day next_day previous_month next_month all_records find find_button find_clear
    found_none margin margin_show margin_hide export_csv export_jsonl print happened recorded
    received not_received clocks_ahead clocks_slow clocks_behind clocks_written_later
    apart_later apart_earlier number records_in_row phone server_device somebody mark_registered
    mark_late mark_amended mark_conflict mark_held mark_removed mark_unknown mark_unreadable
    legend blank amended_by amendment_line no_reason removed_by removed_disputed unknown_note
    unreadable_note due_by due_done due_over amendments amendments_none summary summary_day summary_said sum_rows
    sum_records sum_late sum_amended sum_conflicts sum_struck empty_day empty_month empty_book
    empty_how record state no_state contested author fields field value written_by_at
    empty_field earlier_count steps no_steps acts act_number acts_note log_entry unknown_kind
    track_points conflicts conflict_settle conflict_removed conflict_edited conflict_steps
    external_id held_title held_lead held_empty held_empty_how held_detail held_whole
    held_recorded held_record conflicts_title conflicts_lead conflicts_empty conflicts_empty_how
    problem_kept problem_do problem_request problem_home
}

fn read(file: &str) -> Words {
    #[expect(clippy::expect_used, reason = "embedded files that a test reads")]
    toml::from_str(file).expect("the embedded labels are whole")
}

static ZH: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../messages/pages.zh.toml")));
static EN: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../messages/pages.en.toml")));

impl Words {
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::Zh => &ZH,
            Language::En => &EN,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// The `{names}` in each sentence.
    fn places(file: &str) -> BTreeMap<String, Vec<String>> {
        let table: toml::Table = file.parse().unwrap();
        let places = |text: &str| {
            let mut names: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()))
                .collect();
            names.sort();
            names
        };
        let texts = table.into_iter();
        texts
            .map(|(name, text)| (name, places(text.as_str().unwrap())))
            .collect()
    }

    #[test]
    fn both_languages_say_the_same_with_the_same_parts() {
        let zh = places(include_str!("../../messages/pages.zh.toml"));
        let en = places(include_str!("../../messages/pages.en.toml"));
        assert_eq!(zh, en);
    }
}
