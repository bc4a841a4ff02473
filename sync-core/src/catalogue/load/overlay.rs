//! Which files hold: the default's, those of the folder, and what it removes.

use toml::Spanned;

use super::super::mistake::{File, suggest};
use super::super::read::read_file;
use super::super::{Mistake, Sources, embedded};

const MANIFEST: &str = "catalogue.toml";

/// The files that hold, without `catalogue.toml`.
pub(super) fn resolve(sources: &Sources) -> (Sources, Vec<Mistake>) {
    let Some(text) = sources.get(MANIFEST) else {
        let file = File::new(MANIFEST, "");
        file.mistake(
            &(0..0),
            "the file is missing",
            "write one with `extends = \"default\"` or `extends = \"none\"`",
        );
        return (sources.clone(), file.into_mistakes());
    };
    let file = File::new(MANIFEST, text);
    let (extends, remove) = read_file(&file, |top| {
        let extends = top.needed("extends", "write `extends = \"default\"` or \"none\"");
        let remove = top.texts("remove").unwrap_or_default();
        top.finish();
        (extends, remove)
    });
    let mut files = base(&file, extends);
    for path in &remove {
        if files.remove(path.get_ref()).is_none() {
            file.mistake(
                &path.span(),
                format!("`{}` is no file of the default", path.get_ref()),
                suggest(path.get_ref(), files.keys().map(String::as_str)),
            );
        }
        if sources.contains_key(path.get_ref()) {
            file.mistake(
                &path.span(),
                format!("`{}` is removed and stands in the folder", path.get_ref()),
                "do one of the two",
            );
        }
    }
    for (path, text) in sources.iter().filter(|(path, _)| *path != MANIFEST) {
        files.insert(path.clone(), text.clone());
    }
    (files, file.into_mistakes())
}

fn base(file: &File<'_>, extends: Option<Spanned<String>>) -> Sources {
    match extends {
        None => Sources::new(),
        Some(word) if word.get_ref() == "none" => Sources::new(),
        Some(word) if word.get_ref() == "default" => {
            let mut files = embedded::sources();
            files.remove(MANIFEST);
            files
        }
        Some(word) => {
            file.mistake(
                &word.span(),
                format!("unknown catalogue `{}`", word.get_ref()),
                "write `default` or `none`",
            );
            Sources::new()
        }
    }
}
