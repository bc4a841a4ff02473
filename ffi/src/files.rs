//! How is a file read that somebody names?

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::PhoneError;

/// More than any phone writes in its life, and what a small machine can hold.
const MAX_FILE: u64 = 256 * 1024 * 1024;

/// The whole of a file, or of a pipe, that is no larger than a phone can hold.
pub fn read(path: &Path) -> Result<Vec<u8>, PhoneError> {
    read_at_most(path, MAX_FILE)
}

/// The same, where it must be text.
pub fn read_text(path: &Path) -> Result<String, PhoneError> {
    String::from_utf8(read(path)?).map_err(|bad| {
        let before = &bad.as_bytes()[..bad.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let path = path.to_owned();
        PhoneError::NotText { path, line }
    })
}

fn read_at_most(path: &Path, limit: u64) -> Result<Vec<u8>, PhoneError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|source| PhoneError::File {
        doing: "read",
        path: path.to_owned(),
        source,
    })?;
    match bytes.len() as u64 > limit {
        true => Err(PhoneError::FileTooLarge {
            path: path.to_owned(),
            limit,
        }),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_end_is_refused_once_it_is_too_large() {
        let refused = read_at_most(Path::new("/dev/zero"), 1_000);
        assert!(matches!(
            refused,
            Err(PhoneError::FileTooLarge { limit: 1_000, .. })
        ));
    }

    #[test]
    fn text_that_is_none_is_refused_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("acts");
        std::fs::write(&path, b"{}\n{\xff}\n").unwrap();
        let refused = read_text(&path);
        assert!(matches!(refused, Err(PhoneError::NotText { line: 2, .. })));
    }
}
