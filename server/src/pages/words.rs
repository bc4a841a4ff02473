//! The labels and sentences of pages, from `server/messages/pages.*.toml`. A label that a template
//! names and a file lacks does not start; one that no template names does not compile.

use std::sync::LazyLock;

use crate::messages::{Language, embedded as read};

macro_rules! words {
    ($($name:ident)*) => {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words { $(pub $name: String,)* }
    };
}
pub(crate) use words;

words! {
    product other_language other_language_tag site_nav nav_today nav_records nav_limits nav_held
    nav_conflicts nav_devices nav_metrics nav_cards search search_button search_hint skip breadcrumbs keys keys_title
    key_search key_rows key_open key_export key_print key_help masked_note console_note weekdays
    days hours minutes span_between list_between label_between cell_between yuan stations_title
    stations_empty stations_empty_how open_books books book last_day today yesterday whole_book
    rows_n rows_one no_rows nothing_yet devices device last_contact waiting_items waiting_count
    never removed_device frozen_device device_in_use device_state joined envelopes ago devices_lead
    forks_link nobodys coverage coverage_all coverage_missing coverage_open coverage_lead
    coverage_today coverage_month coverage_book coverage_silent coverage_none waiting_title waiting_quiet
    wait_overdue wait_soon wait_held wait_conflicts wait_late wait_forks wait_review next_limits
    station_word period page_of page_at page_number previous first_page last_page next previous_day
    next_day previous_month next_month all_records not_a_day not_a_month no_such_number
    search_station page_is_cut jump_day jump_month jump_number jump_button margin
    margin_show margin_hide export_csv export_jsonl export_xlsx export_all_jsonl export_all_geojson print masked_copy sign_place seal_place
    sign_day sign_between proof happened recorded received not_received clocks_ahead clocks_slow clocks_behind
    clocks_written_later apart_later apart_earlier number records_in_row phone server_device
    somebody mark_registered mark_late mark_amended mark_conflict mark_held mark_removed
    mark_unknown mark_breach mark_missing mark_unreadable legend blank amended_by amendment_line no_reason removed_by
    removed_disputed unknown_note breach_order breach_first breach_condition breach_guard
    missing_note number_not_drawn block_not_used unreadable_note due_by due_done due_over due_excused due_stopped due_done_late due_met due_missed due_late amendments
    amendments_none summary summary_day summary_said sum_rows sum_records sum_late sum_amended sum_conflicts sum_struck
    empty_day empty_month empty_book empty_how record state no_state contested author fields field
    value written_by_at empty_fields earlier_count steps no_steps follow follow_none follow_by
    step_at_console step_when role_author role_handler role_member limits limit_from limit_done
    linked links_named links_naming link_not_here in_books acts act_number acts_note log_entry
    unknown_kind track_label track_length track_lasted track_point_count track_gaps track_gaps_text
    track_no_gaps metres conflicts conflict_settle conflict_in conflict_removed conflict_edited conflict_steps
    external_id held_title held_lead held_empty held_empty_how held_step held_field held_whole held_create
    held_recorded held_record conflicts_title conflicts_lead conflicts_empty conflicts_empty_how
    limits_title limits_lead limits_all limits_over limits_soon limits_empty limits_empty_how
    limit_record limit_what limit_due over_by left records_title records_lead records_personal
    records_empty search_none search_cut narrowed since_yesterday take_away kind day marks officer
    officer_all filter_button filter_clear forks_title forks_lead forks_empty forks_empty_how
    fork_number fork_hash problem_kept problem_do problem_request problem_home
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
