//! The Automerge document of a record: where changes are made, and where the gate proves that
//! what it admits still loads.

use automerge::{Automerge, Change, LoadOptions, TextEncoding};

use super::change::{BadChange, guarded};

/// The document of a record's changes, in any order that puts causes before effects. Positions
/// in its texts count UTF-16 code units, as the platforms' own strings do.
pub fn load<'a>(changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Automerge, BadChange> {
    let mut doc = Automerge::new_with_encoding(TextEncoding::Utf16CodeUnit);
    let changes = changes
        .into_iter()
        .map(|bytes| Change::from_bytes(bytes.to_vec()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| BadChange::Undecodable(error.to_string()))?;
    doc.apply_changes(changes)
        .map_err(|error| BadChange::Undecodable(error.to_string()))?;
    Ok(doc)
}

/// Proves that the changes merge into a document that saves, and loads again as the same.
pub fn prove<'a>(changes: impl IntoIterator<Item = &'a [u8]>) -> Result<(), BadChange> {
    guarded(|| {
        let changes: Vec<&[u8]> = changes.into_iter().collect();
        let count = changes.len();
        let doc = load(changes)?;
        if doc.get_changes(&[]).len() != count {
            return Err(BadChange::Undecodable(
                "a change stayed outside the document".into(),
            ));
        }
        let saved = doc.save_nocompress();
        let options = LoadOptions::new().text_encoding(TextEncoding::Utf16CodeUnit);
        let again = Automerge::load_with_options(&saved, options)
            .map_err(|error| BadChange::Undecodable(error.to_string()))?;
        if again.get_heads() != doc.get_heads() {
            return Err(BadChange::Undecodable(
                "the saved document loads as another".into(),
            ));
        }
        Ok(())
    })
}
