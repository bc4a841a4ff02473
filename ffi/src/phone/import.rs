//! How is a file of acts played as if somebody had done them on this phone?
//!
//! Every line is durable before the next is read. File and line are kept with each act, so that
//! a file that was cut short is played on, and nothing twice.

use std::path::Path;

use sync_core::fieldbook::{Input, Reply, import};
use sync_core::ids::{ActId, Hash};

use super::Phone;
use crate::error::PhoneError;
use crate::files;

/// One act of a file, once it is SAVED.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The record's id in the file.
    pub id: String,
    pub act: ActId,
    /// It had been played before.
    pub skipped: bool,
}

/// What a file came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Acts saved now.
    pub saved: u64,
    /// Acts that had been saved before.
    pub skipped: u64,
}

impl Phone {
    /// Plays the acts of a JSON Lines file; `on_saved` hears of each once it is durable. A `set`
    /// and the `append` to the same record that follows it are one act.
    pub fn import(
        &mut self,
        path: &Path,
        mut on_saved: impl FnMut(&Line) -> std::io::Result<()>,
    ) -> Result<Imported, PhoneError> {
        self.may_write()?;
        let text = files::read_text(path)?;
        let file = Hash::of(text.as_bytes());
        let mut imported = Imported::default();
        for step in import::steps(&text) {
            let replies = self.run(Input::Line {
                file,
                line: step.line,
                text: step.text.to_owned(),
                then: step.then.map(str::to_owned),
            })?;
            for reply in replies {
                let (act, skipped) = match reply {
                    Reply::Saved { act, .. } => (act, false),
                    Reply::Skipped { act } => (act, true),
                    _ => continue,
                };
                match skipped {
                    true => imported.skipped += 1,
                    false => imported.saved += 1,
                }
                let id = id_of(step.text);
                let told = on_saved(&Line { id, act, skipped });
                told.map_err(|source| PhoneError::File {
                    doing: "tell what was saved of",
                    path: path.to_owned(),
                    source,
                })?;
            }
        }
        Ok(imported)
    }
}

fn id_of(line: &str) -> String {
    let read = import::Line::read(line);
    read.map_or(String::new(), |line| line.id().to_owned())
}
