//! `wardbook catalogue`: checks a folder of kinds and books; and the catalogue that other commands
//! are given.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sync_core::catalogue::{Catalogue, MAX_BUNDLE_BYTES, Sources};

use super::out;
use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say every mistake in a catalogue folder, by file and line
    Check {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// `--catalogue DIR`
#[derive(Debug, Args)]
pub struct CatalogueOptions {
    /// Folder of the kinds and books that shall hold from now on
    #[arg(long, value_name = "DIR")]
    catalogue: Option<PathBuf>,
}

impl CatalogueOptions {
    pub fn given(&self) -> Result<Option<Catalogue>> {
        self.catalogue.as_deref().map(load).transpose()
    }

    /// The one given, else the one that the program brings along.
    pub fn or_embedded(&self) -> Result<Cow<'static, Catalogue>> {
        Ok(match self.given()? {
            Some(catalogue) => Cow::Owned(catalogue),
            None => Cow::Borrowed(Catalogue::embedded()),
        })
    }
}

pub fn run(options: &Options) -> Result<()> {
    let Command::Check { folder } = &options.command;
    match load(folder) {
        Ok(catalogue) => {
            let (kinds, books) = (catalogue.kinds.len(), catalogue.books.len());
            out::say(&format!(
                "{kinds} kinds and {books} books without mistakes, catalogue {}",
                catalogue.hash()
            ));
            Ok(())
        }
        Err(Error::CatalogueMistakes(mistakes)) => {
            for mistake in &mistakes {
                out::say(&mistake.to_string());
            }
            Err(Error::CatalogueMistakes(mistakes))
        }
        Err(error) => Err(error),
    }
}

fn load(folder: &Path) -> Result<Catalogue> {
    let mut sources = Sources::new();
    read_folder(folder, "", &mut sources)?;
    Catalogue::load(&sources).map_err(Error::CatalogueMistakes)
}

/// Takes the `.toml` files of a folder and of the folders in it.
fn read_folder(folder: &Path, prefix: &str, sources: &mut Sources) -> Result<()> {
    let failed = |source| Error::file("reading the catalogue", folder, source);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if path.is_dir() && prefix.is_empty() {
            read_folder(&path, &format!("{name}/"), sources)?;
        } else if name.ends_with(".toml") {
            let text = read_file(&path)?;
            sources.insert(format!("{prefix}{name}"), text);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<String> {
    let failed = |source| Error::file("reading the catalogue", path, source);
    let length = fs::metadata(path).map_err(failed)?.len();
    if length > MAX_BUNDLE_BYTES as u64 {
        let large = std::io::Error::other(format!("{length} bytes are too many for a catalogue"));
        return Err(failed(large));
    }
    fs::read_to_string(path).map_err(failed)
}
