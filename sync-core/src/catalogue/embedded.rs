//! The files of the default catalogue.

use std::sync::LazyLock;

use super::{Catalogue, Sources};

macro_rules! files {
    ($($path:literal,)+) => {
        &[$(($path, include_str!(concat!("../../catalogue/", $path))),)+]
    };
}

const FILES: &[(&str, &str)] = files![
    "books/R1.toml",
    "books/R3.toml",
    "catalogue.toml",
    "codes/case_document.toml",
    "codes/case_measure.toml",
    "codes/case_procedure.toml",
    "codes/case_source.toml",
    "codes/companion_side.toml",
    "codes/finding_category.toml",
    "codes/handling_level.toml",
    "codes/party_kind.toml",
    "codes/patrol_area.toml",
    "codes/patrol_mode.toml",
    "codes/patrol_residential.toml",
    "codes/penalty_kind.toml",
    "codes/reception_channel.toml",
    "codes/reception_disposition.toml",
    "codes/request_kind.toml",
    "codes/residence_mode.toml",
    "holidays.toml",
    "kinds/case.toml",
    "kinds/duty_day.toml",
    "kinds/finding.toml",
    "kinds/patrol.toml",
    "kinds/reception.toml",
    "roles.toml",
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
