//! The sentences of a resident's page, from `server/messages/card.*.toml`.

use std::sync::LazyLock;

use crate::messages::{Language, embedded as read};
use crate::pages::words::words;

words! {
    title other_language other_language_tag call squad badge hours
    hours_from_until hours_none place today today_here today_here_officer today_here_source
    today_away today_away_source today_promised today_promised_source today_later today_over
    today_not today_holiday today_hours_source today_next today_as_of hotlines
    hotline_city hotline_chengguan report report_call report_visit report_say report_hotline
    report_emergency supervision commitments duties checked checked_on checked_never code_label
    print print_notice print_card stale stale_phone stale_person stale_left stale_check
    not_posted not_posted_how replaced replaced_by replaced_gone withdrawn withdrawn_how
    problem_number unknown unknown_how failed failed_how fallback privacy privacy_who privacy_why
    privacy_what privacy_long privacy_rights privacy_reader photo_of scan_notice scan_card
    scan_label without_camera list_between
}

static ZH: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../messages/card.zh.toml")));
static EN: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../messages/card.en.toml")));

impl Words {
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::Zh => &ZH,
            Language::En => &EN,
        }
    }
}
