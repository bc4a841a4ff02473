//! From files to a catalogue, or to all their mistakes.

mod books;
mod check;
mod fields;
mod kinds;
mod limits;
mod lists;
mod metrics;
mod overlay;
mod personal;
mod sample;

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;

use super::bundle::{MAX_BUNDLE_BYTES, MAX_BUNDLE_FILES, pack};
use super::mistake::{File, suggest};
use super::names::is_name;
use super::{Catalogue, Holidays, MetricRules, Mistake, Sources};

pub(super) fn load(sources: &Sources) -> Result<Catalogue, Vec<Mistake>> {
    let (files, mut mistakes) = overlay::resolve(sources);
    if files.len() > MAX_BUNDLE_FILES || pack(&files).len() > MAX_BUNDLE_BYTES {
        // What cannot travel is not read either.
        mistakes.push(Mistake {
            file: "catalogue.toml".to_owned(),
            line: 1,
            what: "the catalogue is too large for phones to fetch".to_owned(),
            mend: format!("keep it below {MAX_BUNDLE_FILES} files and {MAX_BUNDLE_BYTES} bytes"),
        });
        return Err(mistakes);
    }
    read(files, mistakes)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shelf {
    Kinds,
    Books,
    Codes,
    Roles,
    Holidays,
    Metrics,
    Settings,
}

/// Where a file belongs by its path, if anywhere.
fn shelf(path: &str) -> Option<Shelf> {
    let Some((folder, name)) = path.split_once('/') else {
        return match path {
            "roles.toml" => Some(Shelf::Roles),
            "holidays.toml" => Some(Shelf::Holidays),
            "metrics.toml" => Some(Shelf::Metrics),
            "settings.toml" => Some(Shelf::Settings),
            _ => None,
        };
    };
    name.strip_suffix(".toml").filter(|stem| is_name(stem))?;
    match folder {
        "kinds" => Some(Shelf::Kinds),
        "books" => Some(Shelf::Books),
        "codes" => Some(Shelf::Codes),
        _ => None,
    }
}

/// Reads files to which `extends` and `remove` have been applied already.
pub(super) fn resolved(files: Sources) -> Result<Catalogue, Vec<Mistake>> {
    read(files, Vec::new())
}

fn read(texts: Sources, mut mistakes: Vec<Mistake>) -> Result<Catalogue, Vec<Mistake>> {
    let files: Vec<File<'_>> = texts
        .iter()
        .map(|(path, text)| File::new(path, text))
        .collect();
    let mut catalogue = Catalogue {
        kinds: BTreeMap::new(),
        books: BTreeMap::new(),
        codes: BTreeMap::new(),
        roles: BTreeMap::new(),
        holidays: Holidays::default(),
        metrics: MetricRules::default(),
        settings: BTreeMap::new(),
        files: Sources::new(),
    };
    // Kinds name roles and codes, books name kinds: read in this order, each finds its words.
    let on = |wanted: Shelf| {
        files
            .iter()
            .filter(move |file| shelf(file.path) == Some(wanted))
    };
    for file in files.iter().filter(|file| shelf(file.path).is_none()) {
        file.mistake(
            &(0..0),
            "a catalogue has no such file",
            "name it kinds/NAME.toml, books/NAME.toml, codes/NAME.toml, roles.toml, \
             holidays.toml, settings.toml or metrics.toml, NAME being letters, digits and _",
        );
    }
    on(Shelf::Codes).for_each(|file| lists::read_codes(file, &mut catalogue));
    on(Shelf::Roles).for_each(|file| lists::read_roles(file, &mut catalogue));
    on(Shelf::Holidays).for_each(|file| lists::read_holidays(file, &mut catalogue));
    on(Shelf::Settings).for_each(|file| lists::read_settings(file, &mut catalogue));
    let kinds: Vec<_> = on(Shelf::Kinds)
        .map(|file| kinds::read_kind(file, &mut catalogue))
        .collect();
    let books: Vec<_> = on(Shelf::Books)
        .map(|file| books::read_book(file, &mut catalogue))
        .collect();
    on(Shelf::Metrics).for_each(|file| metrics::read_metrics(file, &mut catalogue));
    let catalogue = Arc::new(catalogue);
    for (file, later) in on(Shelf::Kinds).zip(&kinds) {
        check::kind(file, later, &catalogue);
    }
    for (file, later) in on(Shelf::Books).zip(&books) {
        check::book(file, later, &catalogue);
    }
    mistakes.extend(files.into_iter().flat_map(File::into_mistakes));
    if mistakes.is_empty() {
        let mut catalogue = Arc::unwrap_or_clone(catalogue);
        catalogue.files = texts;
        Ok(catalogue)
    } else {
        mistakes.sort();
        mistakes.dedup();
        Err(mistakes)
    }
}

/// Notes a name that is none of those known.
fn known<'a>(
    file: &File<'_>,
    name: &Spanned<String>,
    what: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> bool {
    let names: Vec<&str> = names.into_iter().collect();
    let found = names.contains(&name.get_ref().as_str());
    if !found {
        file.mistake(
            &name.span(),
            format!("unknown {what} `{}`", name.get_ref()),
            suggest(name.get_ref(), names),
        );
    }
    found
}

/// Notes the second of two equal names.
fn unique<'a>(file: &File<'_>, what: &str, names: impl IntoIterator<Item = &'a Spanned<String>>) {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if seen.contains(&name.get_ref().as_str()) {
            file.mistake(
                &name.span(),
                format!("a second {what} `{}`", name.get_ref()),
                "give it another name",
            );
        }
        seen.push(name.get_ref());
    }
}

/// The name of a kind, book or list, which must be that of its file: so a file of the same
/// name replaces it.
fn own_name(file: &File<'_>, name: Option<Spanned<String>>) -> String {
    if let Some(name) = name
        && name.get_ref() != file.stem()
    {
        file.mistake(
            &name.span(),
            format!(
                "`{}` stands in a file called `{}`",
                name.get_ref(),
                file.stem()
            ),
            "give both one name",
        );
    }
    file.stem().to_owned()
}

fn plain(texts: Option<Vec<Spanned<String>>>) -> Vec<String> {
    let texts = texts.unwrap_or_default().into_iter();
    texts.map(Spanned::into_inner).collect()
}
