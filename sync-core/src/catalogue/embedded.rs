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
    "codes/service_day.toml",
    "holidays.toml",
    "kinds/case.toml",
    "kinds/contact_card.toml",
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
