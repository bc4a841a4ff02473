//! The files of the default catalogue.

use std::sync::LazyLock;

use super::{Catalogue, Sources};

macro_rules! files {
    ($($path:literal,)+) => {
        &[$(($path, include_str!(concat!("../../catalogue/", $path))),)+]
    };
}

const FILES: &[(&str, &str)] = files![
    "books/M.toml",
    "books/R1.toml",
    "books/R10.toml",
    "books/R11.toml",
    "books/R2.toml",
    "books/R3.toml",
    "books/R4.toml",
    "books/R5.toml",
    "books/R6.toml",
    "books/R7.toml",
    "catalogue.toml",
    "codes/acknowledgement.toml",
    "codes/action_source.toml",
    "codes/activity_kind.toml",
    "codes/appeal_outcome.toml",
    "codes/attendance.toml",
    "codes/capture_method.toml",
    "codes/case_document.toml",
    "codes/case_limit.toml",
    "codes/case_measure.toml",
    "codes/case_procedure.toml",
    "codes/case_source.toml",
    "codes/cash_reason.toml",
    "codes/companion_side.toml",
    "codes/confidentiality.toml",
    "codes/escalation_outcome.toml",
    "codes/evidence_kind.toml",
    "codes/evidence_shot.toml",
    "codes/finding_category.toml",
    "codes/finding_scheme.toml",
    "codes/finding_severity.toml",
    "codes/fine_cap.toml",
    "codes/gbt30428_2_event.toml",
    "codes/handling_level.toml",
    "codes/illegal_building.toml",
    "codes/legal_track.toml",
    "codes/location_source.toml",
    "codes/meeting_kind.toml",
    "codes/meeting_side.toml",
    "codes/party_kind.toml",
    "codes/numbered_form.toml",
    "codes/patrol_area.toml",
    "codes/patrol_mode.toml",
    "codes/patrol_residential.toml",
    "codes/penalty_kind.toml",
    "codes/reception_channel.toml",
    "codes/reception_disposition.toml",
    "codes/recheck_result.toml",
    "codes/reply_how.toml",
    "codes/request_kind.toml",
    "codes/request_outcome.toml",
    "codes/request_source.toml",
    "codes/request_urgency.toml",
    "codes/residence_mode.toml",
    "codes/satisfaction.toml",
    "codes/service_day.toml",
    "codes/service_method.toml",
    "codes/sex.toml",
    "codes/sign_method.toml",
    "codes/training_result.toml",
    "codes/visit_entry.toml",
    "codes/visit_kind.toml",
    "codes/vote_result.toml",
    "holidays.toml",
    "kinds/action_item.toml",
    "kinds/activity.toml",
    "kinds/case.toml",
    "kinds/contact_card.toml",
    "kinds/duty_day.toml",
    "kinds/evidence.toml",
    "kinds/finding.toml",
    "kinds/meeting.toml",
    "kinds/number_block.toml",
    "kinds/patrol.toml",
    "kinds/reception.toml",
    "kinds/request.toml",
    "kinds/resident_visit.toml",
    "kinds/service_session.toml",
    "metrics.toml",
    "roles.toml",
    "settings.toml",
];

pub(super) fn sources() -> Sources {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    FILES.iter().map(own).collect()
}

pub(super) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::load(&sources()).unwrap_or_else(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        // A test loads these very bytes; nothing that happens later can change them.
        panic!("the embedded catalogue has mistakes:\n{}", lines.join("\n"))
    })
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::folder;

    #[test]
    fn every_file_of_the_folder_is_embedded_and_nothing_else() {
        let on_disk = folder(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue"));
        let listed = sources();
        let names = |sources: &Sources| sources.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&listed), names(&on_disk));
        assert_eq!(listed, on_disk);
    }

    #[test]
    fn the_default_catalogue_has_no_mistakes() {
        if let Err(mistakes) = Catalogue::load(&sources()) {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"));
        }
    }
}
