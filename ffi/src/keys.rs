//! Which secrets does a phone in a terminal hold, and where?
//!
//! A file beside the store, `keys`, that its owner alone may read: three lines of a name and 64
//! hexadecimal digits. A phone app keeps them where its platform keeps such things, and the
//! signing key never leaves the hardware.

use std::path::Path;

use data_encoding::HEXLOWER;
use sync_core::envelope::SoftKey;

use crate::random;
use crate::store::{StoreError, StoreKey, files, make_private, sync_folder, write_private};

const FILE: &str = "keys";
/// Those of a device that is about to be: they take the place of the others once it has joined.
const NEXT: &str = "keys.next";
const NAMES: [&str; 3] = ["store", "sign", "agree"];

/// The secrets of one installation.
#[derive(Debug, Clone)]
pub struct Keys {
    pub store: StoreKey,
    pub sign: SoftKey,
    /// What grants of the station's key are made out to.
    pub agree: SoftKey,
}

impl Keys {
    /// The keys of the folder `dir`, drawn and written where there are none.
    pub fn of(dir: &Path) -> Result<Keys, StoreError> {
        let path = dir.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Keys::read(&text).ok_or(StoreError::BadKeys { path }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                make_private(dir)?;
                let secrets = [random::<32>()?, drawn()?, drawn()?];
                write_private(&path, text_of(&secrets).as_bytes())?;
                Keys::of_secrets(&secrets).ok_or(StoreError::BadKeys { path })
            }
            Err(source) => Err(files("read", &path, source)),
        }
    }

    /// The keys with which the store of these ones joins as another device: drawn once, so that
    /// a join whose answer was lost is asked for again with the same.
    pub fn next(&self, dir: &Path) -> Result<Keys, StoreError> {
        if let Some(next) = Keys::waiting(dir)? {
            return Ok(next);
        }
        let secrets = [self.store.0, drawn()?, drawn()?];
        write_private(&dir.join(NEXT), text_of(&secrets).as_bytes())?;
        let path = dir.join(NEXT);
        Keys::of_secrets(&secrets).ok_or(StoreError::BadKeys { path })
    }

    /// Those that [`Keys::next`] has drawn.
    pub fn waiting(dir: &Path) -> Result<Option<Keys>, StoreError> {
        let path = dir.join(NEXT);
        match std::fs::read_to_string(&path) {
            Ok(text) => Keys::read(&text)
                .map(Some)
                .ok_or(StoreError::BadKeys { path }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(files("read", &path, source)),
        }
    }

    /// Draws others the next time.
    pub fn discard_next(dir: &Path) -> Result<(), StoreError> {
        let path = dir.join(NEXT);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(files("remove", &path, error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// From here on the drawn ones are the keys.
    pub fn settle(dir: &Path) -> Result<(), StoreError> {
        let (next, path) = (dir.join(NEXT), dir.join(FILE));
        std::fs::rename(&next, &path).map_err(|error| files("rename", &next, error))?;
        sync_folder(dir).map_err(|error| files("write", dir, error))
    }

    fn read(text: &str) -> Option<Keys> {
        let mut secrets = [[0; 32]; 3];
        let mut lines = text.lines();
        for (name, secret) in NAMES.iter().zip(&mut secrets) {
            let digits = lines.next()?.strip_prefix(name)?.strip_prefix(' ')?;
            *secret = HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok()?;
        }
        Keys::of_secrets(&secrets)
    }

    fn of_secrets([store, sign, agree]: &[[u8; 32]; 3]) -> Option<Keys> {
        Some(Keys {
            store: StoreKey(*store),
            sign: SoftKey::from_secret(sign)?,
            agree: SoftKey::from_secret(agree)?,
        })
    }
}

fn text_of(secrets: &[[u8; 32]; 3]) -> String {
    let lines = NAMES.iter().zip(secrets);
    lines
        .map(|(name, secret)| format!("{name} {}\n", HEXLOWER.encode(secret)))
        .collect()
}

/// A secret key of the curve: all but some 2^-32 of the 32-byte strings are one.
fn drawn() -> Result<[u8; 32], StoreError> {
    loop {
        let secret = random::<32>()?;
        if SoftKey::from_secret(&secret).is_some() {
            return Ok(secret);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_drawn_once_and_found_again_by_their_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keys::of(dir.path()).unwrap();
        let again = Keys::of(dir.path()).unwrap();
        assert_eq!(first.store.0, again.store.0);
        assert_eq!(first.sign.public(), again.sign.public());
        assert_ne!(first.sign.public(), first.agree.public());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = std::fs::metadata(dir.path().join(FILE)).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_file_cut_short_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "store 00").unwrap();
        assert!(matches!(
            Keys::of(dir.path()),
            Err(StoreError::BadKeys { .. })
        ));
        let left = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
        assert_eq!(left, "store 00");
    }
}
