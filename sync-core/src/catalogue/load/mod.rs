//! From files to a catalogue, or to all their mistakes.

mod books;
mod check;
mod fields;
mod kinds;
mod lists;
mod overlay;
mod sample;

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;

use super::mistake::{File, suggest};
use super::{Catalogue, Holidays, Mistake, Sources};

pub(super) fn load(sources: &Sources) -> Result<Catalogue, Vec<Mistake>> {
    let (files, mistakes) = overlay::resolve(sources);
    read(files, mistakes)
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
        files: Sources::new(),
    };
    // Kinds name roles and codes, books name kinds: read in this order, each finds its words.
    for file in &files {
        match file.path.split_once('/') {
            Some(("codes", _)) => lists::read_codes(file, &mut catalogue),
            Some(("kinds" | "books", _)) => {}
            None if file.path == "roles.toml" => lists::read_roles(file, &mut catalogue),
            None if file.path == "holidays.toml" => lists::read_holidays(file, &mut catalogue),
            Some(_) | None => file.mistake(
                &(0..0),
                "a catalogue has no such file",
                "put it into kinds/, books/ or codes/, or name it roles.toml or holidays.toml",
            ),
        }
    }
    let in_folder = |folder: &'static str| {
        let inside =
            move |file: &&File<'_>| file.path.split_once('/').is_some_and(|(f, _)| f == folder);
        files.iter().filter(inside)
    };
    let kinds: Vec<_> = in_folder("kinds")
        .map(|file| kinds::read_kind(file, &mut catalogue))
        .collect();
    let books: Vec<_> = in_folder("books")
        .map(|file| books::read_book(file, &mut catalogue))
        .collect();
    let catalogue = Arc::new(catalogue);
    for (file, later) in in_folder("kinds").zip(&kinds) {
        check::kind(file, later, &catalogue);
    }
    for (file, later) in in_folder("books").zip(&books) {
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
